"""The first filter: nudity, papers and advertising words that were found, as a verdict with grounds. req: C5

Enters: percepts and the words of the law. Leaves: claims for the fields `verdict`, `reasons`, `places` and `logos`.
It is honest about doubt: "nothing found" is inferred and gives way to whoever saw something, and a brand's name in
print says nothing about a licence. It does not know: logos without letters, violence, whether a text is advertising.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tujian.claims import Claim
from tujian.errors import Lang
from tujian.geometry import Box1000
from tujian.knowledge import Knowledge
from tujian.perception import Percepts
from tujian.perception.text import TextLine
from tujian.records import Evidence
from tujian.rules.adlaw import disclaimer, find_absolute_terms, flagged
from tujian.rules.sensitive import find_sensitive
from tujian.tasks import TaskField, Words

UNSAFE = 0.8  # open_nsfw: its authors call scores above .8 "high probability"; shop pictures here stay below .5
DOUBTFUL = 0.5
NOTHING = Words(zh="未见问题", en="nothing found")
UNSURE = Words(zh="拿不准", en="unsure")
LIKELY = Words(zh="疑似违规", en="likely breach")
_ROWS = (("上方", "top"), ("中部", "middle"), ("下方", "bottom"))
_COLUMNS = (("左侧", "left"), ("居中", "centre"), ("右侧", "right"))


@dataclass(frozen=True, slots=True)
class Trouble:
    """One reason, and how grave; `line` is where it stands, if it stands anywhere."""

    reason: str
    grave: bool
    line: TextLine | None = None


def screen(field: TaskField, percepts: Percepts, knowledge: Knowledge, lang: Lang) -> list[Claim]:
    """What the first filter says about `field`; nothing for fields that it does not fill."""
    if field.name == "logos":
        return _logos(field, percepts, knowledge)
    troubles = find_troubles(percepts, lang)
    if field.name == "verdict" and field.values and LIKELY in field.values:
        return [_verdict(field, troubles, lang)]
    placed = [trouble for trouble in troubles if trouble.line is not None]
    if field.name == "places" and placed:
        words = [f"{where_is(t.line.box_1000, lang)}“{t.line.text}”" for t in placed if t.line]
        return [_list(field, words, placed)]
    if field.name == "reasons" and troubles:
        advised = [disclaimer(lang)] if any(t.line is not None for t in troubles) else []
        return [_list(field, [t.reason for t in troubles] + advised, troubles)]
    return []


def find_troubles(percepts: Percepts, lang: Lang) -> list[Trouble]:
    """Nudity by score, papers by their words and numbers, the law's words; the gravest first."""
    zh = lang == "zh"
    found: list[Trouble] = []
    if percepts.nsfw >= DOUBTFUL:
        score = f"{percepts.nsfw:.2f}"
        found.append(Trouble(f"可能有裸露（{score}）" if zh else f"may show nudity ({score})", percepts.nsfw >= UNSAFE))
    for paper in find_sensitive([line.text for line in percepts.text_lines]):
        found.append(Trouble(f"敏感内容：{paper.reason_zh}" if zh else f"sensitive: {paper.reason_en}", grave=False))
    words = flagged(find_absolute_terms(percepts.text_lines))
    found += [Trouble(finding.say(lang), finding.sure, finding.line) for finding in words]
    return sorted(found, key=lambda trouble: not trouble.grave)


def where_is(box: Box1000, lang: Lang) -> str:
    """Which ninth of the picture the middle of `box` lies in.

    >>> where_is(Box1000(700, 800, 900, 900), "zh"), where_is(Box1000(400, 100, 600, 200), "en")
    ('右侧下方', 'top centre')
    """
    row, column = (min(2, (low + high) * 3 // 2000) for low, high in ((box.y1, box.y2), (box.x1, box.x2)))
    if lang == "zh":
        return _COLUMNS[column][0] + _ROWS[row][0]
    return f"{_ROWS[row][1]} {_COLUMNS[column][1]}"


def _verdict(field: TaskField, troubles: Sequence[Trouble], lang: Lang) -> Claim:
    words = NOTHING if not troubles else LIKELY if troubles[0].grave else UNSURE
    line = next((trouble.line for trouble in troubles if trouble.line), None)
    return Claim(
        field.name,
        words.of(lang),
        "rule",
        "screening/1",
        None,
        box_1000=line.box_1000 if line else None,
        quote=line.text if line else None,
        inferred=not troubles,
    )


def _list(field: TaskField, values: Sequence[str], troubles: Sequence[Trouble]) -> Claim:
    evidence = [
        Evidence(
            source="rule", by="screening/1", confidence=t.line.confidence, box_1000=t.line.box_1000, quote=t.line.text
        )
        for t in troubles
        if t.line is not None
    ]
    return Claim(field.name, list(dict.fromkeys(values)), "rule", "screening/1", None, more=tuple(evidence))


def _logos(field: TaskField, percepts: Percepts, knowledge: Knowledge) -> list[Claim]:
    read = knowledge.brands.find(percepts.text_lines)
    if not read:
        return []
    first = read[0].line
    names = list(dict.fromkeys(str(reading.value) for reading in read))
    return [
        Claim(field.name, names, "rule", "brand-list/1", first.confidence, box_1000=first.box_1000, quote=first.text)
    ]
