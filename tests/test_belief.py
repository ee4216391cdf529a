"""What counts as read, what as imagined, and what is said to stand there unread. req: D10, D10b"""

import lettering
import numpy as np
import pytest

from tujian.perception.belief import believed, is_believable, is_unread, without_strays
from tujian.perception.letters import Letters
from tujian.perception.looks import Seen
from tujian.perception.text import TextReader
from tujian.perception.text_regions import Region

PHOTO_PX = (800, 600)


def letters(text: str, sure: float = 0.98, squares: float | None = None, *, last: float | None = None) -> Letters:
    """`last` is how sure its last word is; so long as it should be unless `squares` says otherwise."""
    at = text.rfind(" ") + 1
    per_letter = [sure if last is None or place < at else last for place in range(len(text))]
    return Letters(text, tuple(per_letter), squares or max(1.0, len(text) * 0.6))


def seen(read: Letters, height: float = 30, score: float = 0.8, *, alike: bool = True) -> Seen:
    width = max(read.squares * height, height)
    quad = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return Seen(Region(quad, quad, score), read, is_held_alike=alike)


@pytest.fixture(scope="module")
def reader():
    if not lettering.CJK.exists():
        pytest.skip("no CJK font: apt-get install fonts-noto-cjk")
    return TextReader()


@pytest.mark.parametrize(
    "text, confidence, kept",
    [("V", 0.9, False), ("V", 0.99, True), ("新", 0.9, True), ("ab", 0.7, False), ("牛奶", 0.7, True), ("··", 1, False),
     ("Tropicana", 0.65, True), ("Tropicana", 0.5, False), ("XL", 0.97, True), ("A2", 0.95, True), ("8%", 0.99, True)],
)  # fmt: skip
def test_short_finds_must_be_surer(text, confidence, kept):
    assert is_believable(text, confidence) is kept


def test_a_coat_is_no_letter():
    assert believed(seen(letters("A", 0.99), height=500), PHOTO_PX) is None
    assert believed(seen(letters("A", 0.99), height=90), PHOTO_PX) is not None


def test_a_letter_held_otherwise_than_the_rest_is_none():
    assert believed(seen(letters("品", 0.93), alike=False), PHOTO_PX) is None
    assert believed(seen(letters("Keep dry", 0.9), alike=False), PHOTO_PX) is None  # Hebrew looks so upside down
    assert believed(seen(letters("Keep dry", 0.99), alike=False), PHOTO_PX) is not None


@pytest.mark.parametrize("read", [letters("", squares=8), letters("C", 0.8, 7), letters("Bp   ac", 0.74, 8)])
def test_a_line_with_holes_is_unread(read):
    assert read.has_holes
    assert believed(seen(read), PHOTO_PX) is None and is_unread(seen(read), PHOTO_PX)


@pytest.mark.parametrize(
    "text, squares", [("营养成分表", 5), ("N I K E", 9), ("250ml", 2.5), ("Extra virgin olive oil", 10)]
)
def test_wide_set_and_narrow_lines_have_none(text, squares):
    assert not letters(text, 0.97, squares).has_holes


def test_what_is_small_faint_or_short_is_not_called_unread():
    nothing = letters("", squares=8)
    assert not is_unread(seen(nothing, height=12), PHOTO_PX)
    assert not is_unread(seen(nothing, score=0.55), PHOTO_PX)
    assert not is_unread(seen(letters("", squares=2)), PHOTO_PX)
    assert not is_unread(seen(nothing, height=200), PHOTO_PX)  # a striped shirt


def test_a_stray_word_at_the_end_is_cut_and_its_place_told():
    read = letters("080-022-0023 卫", last=0.3)
    assert without_strays(read).text == "080-022-0023"
    assert believed(seen(read), PHOTO_PX) == without_strays(read) and is_unread(seen(read), PHOTO_PX)
    assert without_strays(letters("Keep dry", last=0.7)).text == "Keep dry"  # hardly read, but read
    assert (
        without_strays(letters("净含量 250ml", 0.7, last=0.4)).text == "净含量 250ml"
    )  # where nothing is sure, all stays


@pytest.mark.parametrize("script", ["Korean", "Cyrillic", "Arabic"])
def test_other_scripts_are_told_and_leave_no_lines(reader, script):
    cards = lettering.foreign(script, lettering.FOREIGN[script])
    looks = [reader.read(card.pixels, card.size_px) for card in cards]
    assert sum(bool(look.unread) for look in looks) >= len(cards) - 1
    assert [line.text for look in looks for line in look.lines] == []


def test_our_own_scripts_are_never_told(reader):
    texts = (*lettering.PHRASES[::3], "おいしい牛乳", "淨含量 250毫升", "Crème brûlée à la carte", "Größe Füße straße")
    for text in texts:
        drawn = lettering.page([(text, 60, 80)], (900, 240), size_px=40)
        assert reader.read(drawn.pixels, drawn.size_px).unread == (), text


def test_the_record_says_where_and_the_review_why(house, tmp_path):
    from PIL import Image

    from tujian.house import Wish

    (card,) = lettering.foreign("Korean", ("직사광선을 피하고 서늘한 곳에 보관",))
    Image.fromarray(card.pixels).save(tmp_path / "card.png")
    record = house.record(tmp_path / "card.png", Wish())
    assert [place.picture for place in record.unread] == [0] and record.unread[0].box_1000.area > 0
    assert any("1 处文字读不出" in reason for reason in record.review)
    assert any("1 place" in reason for reason in house.record(tmp_path / "card.png", Wish(lang="en")).review)
    assert record.text_lines == []
