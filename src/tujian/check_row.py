"""One row of a shop's spreadsheet held against its pictures: the row is one more speaker. req: F2, F6

Enters: a row, which column is what, what was seen on its pictures. Leaves: marks. What was read is weighed by
`reconcile.settle`, as a model's words are. Does not know: other rows, files, how a table is stored.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tujian.bringing.columns import Columns, columns_in, known_headings
from tujian.check_sheet import Kind, Mark, Row
from tujian.claims import SHEET, Claim
from tujian.errors import Lang
from tujian.findings import stated_colours
from tujian.folding import fold
from tujian.geometry import Box1000
from tujian.knowledge import Knowledge
from tujian.perception import Flaw
from tujian.perception.colours import palette
from tujian.perception.gs1 import corrected, is_gtin_like, is_valid
from tujian.perception.quality import say
from tujian.recent import Looked
from tujian.recognise import found_claims
from tujian.reconcile import READABLE_FACTS, READABLE_LISTS, settle
from tujian.records import Value, Verdict, in_words
from tujian.replies import said_claims
from tujian.rules.adlaw import AdFinding, find_absolute_terms, find_in_text, flagged
from tujian.rules.colour_words import are_neighbours, base_colour, palette_rows
from tujian.rules.measures import measure_keys
from tujian.sheets import SCIENTIFIC, heading_key
from tujian.tasks import Task, TaskField, Tasks

COPY = ("name", "selling_points", "detail")  # fields whose words advertise
SHOP_FLAWS = (Flaw.TOO_SMALL, Flaw.BLURRED, Flaw.DARK, Flaw.GLARE)  # small print is no flaw of a main picture
# of 149 labelled products 4 lie above with their own colour, 94 % with one that nobody would mix up with it
COLOUR_GAP, NEIGHBOUR_GAP = 0.05, 0.075
KINDS = {"brand": Kind.BRAND, "code": Kind.BARCODE, "measure": Kind.NET_CONTENT}
_PARTS = re.compile(r"[/|()（）、,，;；+&]+")
_TAGS = re.compile(r"<[^>]{0,500}>")


@dataclass(frozen=True, slots=True)
class Checking:
    """What every row is checked with. `task` asks for the fields that the sheet has; `continued` are rows that go on
    with the product above them, where what is empty is no gap."""

    columns: Columns
    task: Task
    knowledge: Knowledge
    lang: Lang
    continued: Collection[int] = ()

    def words(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    @property
    def copy(self) -> list[int]:
        """Columns whose words a buyer reads."""
        named = [place for place, field in self.columns.fields.items() if field.name in COPY]
        return [*self.columns.titles, *named]

    @property
    def place(self) -> int:
        """Where a mark goes that is about the row."""
        return self.columns.at("picture", "sku", "title") or 0


def columns_to_check(headings: Sequence[str], tasks: Tasks, given: Mapping[str, str] | None = None) -> Columns:
    """Columns as an import understands them; `given` is field by heading. A title is copy, no field: it may say more
    than the name."""
    known = {**known_headings(tasks), **{heading_key(heading): name for heading, name in (given or {}).items()}}
    found = columns_in(headings, known, tasks)
    fields = {
        place: field.model_copy(update={"sources": list(dict.fromkeys([*field.sources, "model"]))})
        for place, field in found.fields.items()
        if place not in found.titles
    }
    return replace(found, fields=fields)


def check_row(place: int, row: Row, looks: Sequence[Looked], check: Checking) -> list[Mark]:
    """Every mark on this row that needs no other row. `looks` are its pictures that could be opened, the main first."""
    marks = [*_formulas(place, row, check), *_adverts(place, row, looks, check), *_codes(place, row, check)]
    if not looks:
        return marks
    marks += _flaws(place, looks[0], check)
    found = found_claims(looks, check.task, check.knowledge, check.lang)
    pages = [look.percepts.text_lines for look in looks]
    wrong_codes = {mark.column for mark in marks if mark.kind is Kind.CHECK_DIGIT}
    for column, field in check.columns.fields.items():
        claims = [claim for claim in found if claim.field_name == field.name]
        mark = _field_mark(place, column, field, row, claims, pages, looks, check)
        if mark is not None and column not in wrong_codes:
            marks.append(mark)
    return marks


def _field_mark(
    place: int,
    column: int,
    field: TaskField,
    row: Row,
    claims: Sequence[Claim],
    pages: Sequence[Sequence],
    looks: Sequence[Looked],
    check: Checking,
) -> Mark | None:
    cell = row.cells[column]
    if column in row.formulas:
        return None
    if not cell and place in check.continued:
        return None
    if not cell:
        return _proposal(place, column, field, settle(field, claims, check.lang), check)
    if field.type == "colour":
        return _colour(place, column, cell, looks, check)
    if field.type == "price" or not (field.type in READABLE_FACTS or field.name in READABLE_LISTS):
        return None
    value = _contradicted(field, cell, claims, pages, check)
    if value is None:
        return None
    kind = KINDS.get(field.type, Kind.FACT) if field.name != "shelf_life" else Kind.FACT
    told = in_words(value.value, check.lang)
    return Mark(place, column, kind, value.reason or "", told, _evidence(value), *_seen_at(value))


def _contradicted(
    field: TaskField, cell: str, claims: Sequence[Claim], pages: Sequence[Sequence], check: Checking
) -> Value | None:
    """The value that was read where every spelling in the cell is contradicted by it."""
    value, asked = None, check.task.model_copy(update={"fields": [field]})
    for spelling in _spellings(field, cell):
        said = said_claims(asked, {field.name: spelling}, SHEET, pages, check.knowledge, check.lang)
        value = settle(field, [*claims, *said], check.lang)
        if value.verdict is not Verdict.CONTRADICTED or _agrees_in_part(field, cell, claims):
            return None
    return value


def _spellings(field: TaskField, cell: str) -> list[str]:
    """A brand in two languages is two spellings of it: 雀巢/Nestlé."""
    parts = [part.strip() for part in _PARTS.split(cell)] if field.type == "brand" else []
    return list(dict.fromkeys(part for part in (cell, *parts) if fold(part)))


def _agrees_in_part(field: TaskField, cell: str, claims: Sequence[Claim]) -> bool:
    """Whether one name holds the other, or one of several amounts in the cell was read."""
    sure = [claim for claim in claims if not claim.candidate_only]
    if field.type == "brand":
        key = fold(cell)
        return any(claim.compared in key or key in claim.compared for claim in sure)
    if field.type == "measure":
        return bool(set(measure_keys(cell)) & {claim.compared for claim in sure})
    return False


def _colour(place: int, column: int, cell: str, looks: Sequence[Looked], check: Checking) -> Mark | None:
    """The colour that the row names is none of those that a record would state."""
    rows = palette_rows(cell)
    seen = stated_colours(looks[0].percepts)
    if not rows or not seen:
        return None
    gap, nearest = min((palette().gap(colour.hex, rows), colour.en) for colour in seen)
    is_near = any(are_neighbours(base_colour(nearest), palette().names[row].base) for row in rows)
    if gap < (NEIGHBOUR_GAP if is_near else COLOUR_GAP):
        return None
    first = seen[0].zh if check.lang == "zh" else seen[0].en
    listed = ", ".join(f"{c.zh if check.lang == 'zh' else c.en} {c.hex} {c.share:.0%}" for c in seen[:3])
    reason = check.words(f"表格写“{cell}”，图上主要是{first}", f"the spreadsheet says “{cell}”, the picture is {first}")
    return Mark(place, column, Kind.COLOUR, reason, first, listed)


def _proposal(place: int, column: int, field: TaskField, value: Value, check: Checking) -> Mark | None:
    """A value for an empty cell, where the picture gives one that can be shown."""
    is_shown = value.verdict is Verdict.CONFIRMED or field.type in ("colour", "category") or field.name == "name"
    if value.value is None or not is_shown:
        return None
    told, evidence = in_words(value.value, check.lang), _evidence(value)
    reason = check.words(f"没有填；图上是“{told}”", f"empty; the picture gives “{told}”")
    return Mark(place, column, Kind.EMPTY, reason, told, evidence, *_seen_at(value))


def _codes(place: int, row: Row, check: Checking) -> Iterator[Mark]:
    """Trade item numbers that cannot be right, whatever the picture shows. req: B10"""
    for column, field in check.columns.fields.items():
        if field.name != "barcode" or column in row.formulas:
            continue
        code = re.sub(r"[\s'-]", "", row.cells[column])
        if SCIENTIFIC.fullmatch(code):
            reason = check.words(
                "条码成了科学计数法，后面的数字已丢失；请把这一列设为文本再填",
                "the number was cut to scientific notation: make the column text and enter it again",
            )
            yield Mark(place, column, Kind.CHECK_DIGIT, reason)
        elif is_gtin_like(code) and not is_valid(code):
            right = corrected(code)
            reason = check.words(
                f"校验位不对：末位应为 {right[-1]}（或有一位抄错）",
                f"wrong check digit: it should end in {right[-1]}, or another digit is wrong",
            )
            yield Mark(place, column, Kind.CHECK_DIGIT, reason, None, right)
        elif code.isdecimal() and 9 <= len(code) <= 11 and is_valid(code.zfill(12)):
            reason = check.words("前面的 0 丢了", "its leading zeros are lost")
            yield Mark(place, column, Kind.CHECK_DIGIT, reason, code.zfill(12))


def _flaws(place: int, look: Looked, check: Checking) -> Iterator[Mark]:
    for flaw in look.percepts.flaws:
        if flaw in SHOP_FLAWS:
            said = say(flaw, check.lang)
            width, height = look.picture.size_px
            reason = check.words(f"{said.message}，{said.remedy}", f"{said.message}. {said.remedy}")
            yield Mark(place, check.place, Kind.POOR_PICTURE, reason, None, f"{width} × {height} px")


def _adverts(place: int, row: Row, looks: Sequence[Looked], check: Checking) -> Iterator[Mark]:
    for column in check.copy:
        found = {one.word: one for one in flagged(find_in_text(_TAGS.sub(" ", row.cells[column])))}
        for finding in found.values():
            yield _advert(place, column, finding, check)
    lines = [line for look in looks for line in look.percepts.text_lines]
    for finding in flagged(find_absolute_terms(lines)):
        yield _advert(place, check.place, finding, check)


def _advert(place: int, column: int, finding: AdFinding, check: Checking) -> Mark:
    on_picture = check.words("图片上：", "On the picture: ") if finding.line is not None else ""
    doubt = "" if finding.sure else check.words("（需人工判断）", " (for a person to judge)")
    quote = finding.line.text if finding.line is not None else finding.word
    return Mark(place, column, Kind.ADVERT, f"{on_picture}{finding.say(check.lang)}{doubt}", None, quote)


def _formulas(place: int, row: Row, check: Checking) -> Iterator[Mark]:
    for column, formula in row.formulas.items():
        reason = check.words(
            "这一格像公式，可能运行程序或打开网址；没有读它的值",
            "this cell is a formula that may run something; not read",
        )
        yield Mark(place, column, Kind.FORMULA, reason, None, formula[:200])


def _seen_at(value: Value) -> tuple[Box1000 | None, int]:
    first = value.evidence[0] if value.evidence else None
    return (first.box_1000, first.picture) if first is not None else (None, 0)


def _evidence(value: Value) -> str:
    """Who saw it, where, and the words as read."""
    if not value.evidence:
        return ""
    first = value.evidence[0]
    box = f" [{', '.join(map(str, first.box_1000))}]" if first.box_1000 else ""
    quote = f" “{first.quote}”" if first.quote else ""
    return f"{first.source}{quote}{box}"
