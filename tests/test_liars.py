"""Who lies about a picture is caught, who tells the truth in other words is not accused. req: F2

For each kind of fact that can contradict (reconcile.READABLE_FACTS): real pictures where there are any with such a
fact printed on them, else the project's own. What an engine says is made up here; the pictures are read in earnest.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

import tujian
from tujian.decoding import Decoder
from tujian.engines.fake import FakeEngine
from tujian.knowledge import Knowledge
from tujian.perception import Perception
from tujian.pictures import open_picture
from tujian.recent import Looked
from tujian.recognise import recognise
from tujian.reconcile import READABLE_FACTS
from tujian.records import Value, Verdict
from tujian.tasks import Tasks, parse_task

SAMPLES = Path(tujian.__file__).parent / "data/samples"
KNOWLEDGE = Knowledge.load()
PRODUCT = Tasks.load().get("product")
CODES = parse_task(
    """---
name: codes
title: {zh: 条码, en: Codes}
fields:
  - {name: barcode, type: code, label: {zh: 条码, en: Barcode}, sources: [barcode, rule, model]}
---
## zh
条码是多少？
## en
What is the barcode?
""",
    "codes.md",
)
NUMBERS = parse_task(
    """---
name: numbers
title: {zh: 编号, en: Numbers}
fields:
  - {name: barcode, type: number, label: {zh: 编号, en: Number}, sources: [barcode, model]}
---
## zh
编号是多少？
## en
What is the number?
""",
    "numbers.md",
)
TASK_OF = {"barcode": CODES}


@dataclass(frozen=True)
class Case:
    """A picture with one fact printed on it: a lie about it, and true statements in other words."""

    kind: str
    picture: str
    field: str
    lie: object
    quote: str  # what stands there, as read
    truths: tuple[object, ...]
    unlike: tuple[object, ...] = ()  # cannot be compared with what was read, so it accuses nobody


REAL = (
    Case("brand", "grocery/Tropicana-Apple-Juice_029.jpg", "brand", "Minute Maid", "Tropicana", ("TROPICANA", "纯果乐"),
         ("果汁先生", "빙그레", "Тропикана")),
    Case("brand", "grocery/Arla-Standard-Milk_012.jpg", "brand", "Valio", "Arla", ("arla", "ARLA")),
    Case("code", "barcode/upca/upca-4_9.webp", "barcode", "060410049242", "060410049235",
         ("060410049235", "0060410049235"), ("http://example.org/060410049235", "04904403")),
    Case("code", "barcode/upce/upce-3_09.webp", "barcode", "049000006575", "049000006582",
         ("049000006582", "0049000006582"), ("04965802",)),
    Case("number", "barcode/upca/upca-4_2.webp", "barcode", 23942431016, "023942431015", (23942431015,)),
    Case("measure", "grocery/Oatly-Natural-Oatghurt_019.jpg", "net_content", "500 g", "1000g",
         ("1 kg", "1000克", "1千克"), ("1 L", "一盒", "1000 ml")),
    Case("price", "barcode/ean13/ean13-extension-1_38.webp", "price", "$19.99", "$74.99", ("$74.99",),
         ("$59.99", "¥430", "about sixty dollars")),
)  # fmt: skip
OWN = (
    Case("measure", "honey.jpg", "net_content", "250 g", "500", ("500克", "0.5 kg", "500 grams"), ("半斤多", "500 ml")),
    Case("date", "tea.jpg", "best_before", "2026-09-30", "30.09.2027", ("2027年9月30日", "30 September 2027"),
         ("September 2027", "见罐底")),
    Case("date", "milk-side.jpg", "production_date", "2026-05-17", "18", ("2026-05-18", "18 May 2026"), ("五月",)),
    Case("measure", "milk-side.jpg", "shelf_life", "9个月", "6", ("6 months", "6个月"), ("180 天",)),
    Case("price", "biscuits.jpg", "price", "¥21.90", "12.90", ("12.9元", "RMB 12.90"), ("$12.90",)),
)  # fmt: skip


@pytest.fixture(scope="module")
def look():
    """Looks at a picture once, however many statements are made about it."""
    perception, decoder, seen = Perception(), Decoder(), {}

    def look_at(path: Path) -> Looked:
        if path not in seen:
            picture = open_picture(path, decoder=decoder, max_bytes=20_000_000)
            seen[path] = Looked(picture, perception.perceive(picture), 0.0)
        return seen[path]

    with decoder:
        yield look_at


def value_of(looked: Looked, case: Case, said: object) -> Value:
    task = NUMBERS if case.kind == "number" else TASK_OF.get(case.field, PRODUCT)
    engine = FakeEngine(json.dumps({case.field: said}, ensure_ascii=False))
    record = recognise(looked, task, engine, knowledge=KNOWLEDGE, lang="zh")
    return record[case.field]


def is_caught(looked: Looked, case: Case) -> None:
    value = value_of(looked, case, case.lie)
    assert value.verdict is Verdict.CONTRADICTED, (case, value)
    assert case.quote in (value.evidence[0].quote or "")
    assert value.evidence[0].box_1000 is not None and value.evidence[0].box_1000.area > 0
    assert value.candidates and str(case.lie) in (value.reason or "")


def is_not_accused(looked: Looked, case: Case) -> None:
    for said in (*case.truths, *case.unlike):
        value = value_of(looked, case, said)
        assert value.verdict is not Verdict.CONTRADICTED, (said, value)
    for said in case.truths:
        assert {e.source for e in value_of(looked, case, said).evidence} >= {"model"}, said


def name_of(case: Case) -> str:
    return f"{case.kind}-{Path(case.picture).stem}"


@pytest.mark.realdata
@pytest.mark.parametrize("case", REAL, ids=name_of)
def test_a_lie_about_a_real_picture_is_caught_with_what_stands_there(case, look, shared):
    is_caught(look(shared / "data" / case.picture), case)


@pytest.mark.realdata
@pytest.mark.parametrize("case", REAL, ids=name_of)
def test_the_truth_about_a_real_picture_accuses_nobody_in_whatever_form(case, look, shared):
    is_not_accused(look(shared / "data" / case.picture), case)


@pytest.mark.realdata
@pytest.mark.parametrize("one, other", [(REAL[0], REAL[1]), (REAL[2], REAL[3])], ids=["brand", "code"])
def test_swapping_real_pictures_swaps_verdicts(one, other, look, shared):
    swaps(look(shared / "data" / one.picture), one, look(shared / "data" / other.picture), other)


@pytest.mark.parametrize("case", OWN, ids=name_of)
def test_a_lie_about_our_own_samples_is_caught(case, look):
    is_caught(look(SAMPLES / case.picture), case)


@pytest.mark.parametrize("case", OWN, ids=name_of)
def test_the_truth_about_our_own_samples_accuses_nobody(case, look):
    is_not_accused(look(SAMPLES / case.picture), case)


@pytest.mark.parametrize(
    "one, other, field, first, second",
    [
        ("honey.jpg", "biscuits.jpg", "net_content", "0.5 kg", "180克"),
        ("shirt.jpg", "biscuits.jpg", "price", "89元", "¥12.90"),
    ],
)
def test_swapping_our_own_samples_swaps_verdicts(one, other, field, first, second, look):
    cases = [Case("measure", picture, field, None, "", (truth,)) for picture, truth in ((one, first), (other, second))]
    swaps(look(SAMPLES / one), cases[0], look(SAMPLES / other), cases[1])


def swaps(looked: Looked, one: Case, other_looked: Looked, other: Case) -> None:
    first, second = one.truths[0], other.truths[0]
    assert value_of(looked, one, first).verdict is Verdict.CONFIRMED
    assert value_of(other_looked, other, second).verdict is Verdict.CONFIRMED
    assert value_of(looked, one, second).verdict is Verdict.CONTRADICTED
    assert value_of(other_looked, other, first).verdict is Verdict.CONTRADICTED


def test_every_kind_of_fact_that_can_contradict_has_its_liar():
    assert {case.kind for case in (*REAL, *OWN)} == set(READABLE_FACTS)
