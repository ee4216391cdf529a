"""What a garment is made of, as its label says: 面料 95%棉 5%氨纶, lining 100% polyester. req: C3, B10

Enters: lines. Leaves: readings such as "95% 棉", one a fibre; where several parts are named, the part stands behind it.
The shares of each part must add up to 100 (FZ/T 01053-2007 5.2; Regulation (EU) No 1007/2011 art. 9); where not,
the readings stay and carry the doubt. Percentages without a fibre's name (down clusters, humidity, discounts) are none.
Does not know: cloth by its looks.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading

_PARTS = {
    "面料": "face|shell|outer(?: shell| fabric)?|body|面料|大身|主料|面布|表地|帮面|鞋面",
    "里料": "lining|里料|里布|内里|夹里|裏地",
    "填充物": "filling|padding|filler|填充物|填充料|填料|絮料|充绒|胆料",
    "罗纹": "rib|罗纹",
    "袖子": "sleeves?|袖子|袖里",
    "拼接": "contrast|拼接|配料|拼料|饰边",
    "胆布": "胆布|内胆",
    "毛领": "毛领|帽条|collar|hood",
    "鞋底": "鞋底|大底|sole",
}
_PART = re.compile("|".join(rf"(?P<p{n}>{words})" for n, words in enumerate(_PARTS.values())), re.I)
_PERCENT = r"(?P<{0}>\d{{1,3}}(?:\.\d{{1,2}})?)\s*[%％]"
_PERCENT_ALONE = re.compile(r"^\W*\d{1,3}(?:\.\d{1,2})?\s*[%％]\W*$")
ALLOWED_OFF = 0.5  # shares rounded to a whole percent each: FZ/T 01053-2007 5.3


@dataclass(frozen=True, slots=True)
class _Share:
    part: str | None
    fibre: str
    percent: float
    printed: str
    line: TextLine


@dataclass(frozen=True, slots=True)
class _Fibres:
    """Names of fibres, longest first, and what each is called here."""

    pattern: re.Pattern[str]
    own_name: dict[str, str]
    english: dict[str, str]


def find_materials(lines: Sequence[TextLine]) -> list[Reading]:
    """Each fibre with its share, in the order printed; the same told in two languages counts once."""
    shares = list(_once(list(_shares(lines))))
    parts = list(dict.fromkeys(share.part for share in shares))
    return [
        reading
        for part in parts
        for reading in _readings([share for share in shares if share.part == part], named=len(parts) > 1)
    ]


def material_key(text: str) -> str | None:
    """The comparable form of a composition; None when `text` names no shares.

    >>> material_key("95%棉+5%氨纶") == material_key("Cotton 95%, Elastane 5%"), material_key("棉质")
    (True, None)
    """
    found = sorted({f"{percent:g} {fibre}" for percent, fibre, *_ in _in_text(text)})
    return ", ".join(found) or None


def _readings(shares: Sequence[_Share], *, named: bool) -> list[Reading]:
    total = sum(share.percent for share in shares)
    doubt = None if abs(total - 100) <= ALLOWED_OFF else _doubt(shares[0].part, total)
    return [_reading(share, doubt, named=named) for share in shares]


def _reading(share: _Share, doubt: tuple[str, str] | None, *, named: bool) -> Reading:
    part = share.part if named else None
    zh, en = (f"{share.percent:g}% {name}" for name in (share.printed, _fibres().english[share.fibre]))
    key = f"{share.percent:g} {share.fibre}"
    reading = Reading(f"{zh}（{part}）" if part else zh, key, share.line, share.line.text, "materials/1", value_en=en)
    english = f"{en} ({_english_part(part)})" if part else en
    return replace(reading, value_en=english, valid=None if doubt is None else False, doubt=doubt)


def _doubt(part: str | None, total: float) -> tuple[str, str]:
    return (
        f"{part or ''}含量加起来是 {total:g}%，不是 100%，可能读漏或印错",
        f"the shares{' of the ' + _english_part(part) if part else ''} add up to {total:g}%, not "
        "to 100%: one was missed or misprinted",
    )


def _english_part(part: str) -> str:
    return _PARTS[part].split("|")[0].replace("s?", "").replace("face", "shell")


def _shares(lines: Sequence[TextLine]) -> Iterator[_Share]:
    """Shares line by line; a part's name holds until another part is named or its shares are full."""
    part, total = None, 0.0
    for line in lines:
        found = _in_text(line.text + _broken_off(line, lines))
        marks = [(match.start(), _part_of(match)) for match in _PART.finditer(line.text)]
        if not found and marks:
            part, total = marks[-1][1], 0.0
        for percent, fibre, printed, start in found:
            before = [name for at, name in marks if at < start]
            named = before[-1] if before else None
            if (named is not None and named != part) or (
                total + percent > 100 + ALLOWED_OFF and total >= 100 - ALLOWED_OFF
            ):
                part, total = named if named is not None else None, 0.0
            total += percent
            yield _Share(part, fibre, percent, printed, line)


def _broken_off(line: TextLine, lines: Sequence[TextLine]) -> str:
    """The share that stands alone below a line which ends on a fibre: 莫代尔 / 4.5%."""
    if not re.search(rf"(?:{_fibres().pattern.pattern})\W*$", line.text, re.I) or not re.search(r"[%％]", line.text):
        return ""
    box = line.box_1000
    under = [
        other
        for other in lines
        if box.y1 < other.box_1000.y1 < box.y2 + (box.y2 - box.y1) and _PERCENT_ALONE.match(other.text)
        if other.box_1000.x1 < box.x2 and other.box_1000.x2 > box.x1
    ]
    return f" {under[0].text}" if under else ""


def _part_of(match: re.Match[str]) -> str:
    return list(_PARTS)[int((match.lastgroup or "p0")[1:])]


def _once(shares: Sequence[_Share]) -> Iterator[_Share]:
    """Without repetitions, and without a part's shares told again under no name."""
    seen: set[tuple[str | None, float, str]] = set()
    for share in shares:
        told = {
            (part, percent, fibre) for part, percent, fibre in seen if (percent, fibre) == (share.percent, share.fibre)
        }
        if (share.part, share.percent, share.fibre) in seen or (share.part is None and told):
            continue
        seen.add((share.part, share.percent, share.fibre))
        yield share


def _in_text(text: str) -> list[tuple[float, str, str, int]]:
    """Percent, fibre, its Chinese name as printed (else ours), and where it starts; 95%棉 and 棉95% alike."""
    fibres = _fibres()
    first = [m for m in re.finditer(_PERCENT.format("a") + rf"\s*(?P<f>{fibres.pattern.pattern})", text, re.I)]
    after = [
        m for m in re.finditer(rf"(?P<f>{fibres.pattern.pattern})[\s:：]{{0,3}}" + _PERCENT.format("a"), text, re.I)
    ]
    matches = max(first, after, key=len) if len(first) != len(after) else _nearer(first, after)
    return [
        (float(m["a"]), name, m["f"] if not m["f"].isascii() else name, m.start())
        for m in matches
        if float(m["a"]) <= 100 and (name := fibres.own_name.get(fold(m["f"])))
    ]


def _nearer(first: list[re.Match[str]], after: list[re.Match[str]]) -> list[re.Match[str]]:
    """Of two readings of one line with equally many shares, the one that starts earlier: 棉 95% 氨纶 5%."""
    if not first or not after:
        return first
    return first if first[0].start() <= after[0].start() else after


@cache
def _fibres() -> _Fibres:
    """`data/words/fibres.csv`, read at the first call."""
    text = files("tujian").joinpath("data/words/fibres.csv").read_text("utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    spellings = {name: row["zh"] for row in rows for name in (row["zh"], row["en"], *row["names"].split("|")) if name}
    longest = sorted(spellings, key=len, reverse=True)
    bounded = [rf"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name) for name in longest]
    return _Fibres(
        re.compile("|".join(bounded), re.I),
        {fold(name): zh for name, zh in spellings.items()},
        {row["zh"]: row["en"] for row in rows},
    )
