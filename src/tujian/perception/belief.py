"""What was read, what was only imagined, and what stands there but cannot be read.

Enters: what was seen in a region. Leaves: letters to believe, or none; whether text stands there unread. Does not know:
languages. Which script it is that could not be read is not guessed.

Two things tell. Clothes, crates and leaves are read as single letters, but ones of the size of the whole thing. And
where the network sees glyphs that are not in its list (Hangul, Thai, Cyrillic ...) it answers, and surely, with spaces
or with nothing: the line stays empty where ink is. Measured on drawn labels of ten scripts and 190 photographs.
"""

import re

from tujian.geometry import Size
from tujian.perception.cells import AMOUNT
from tujian.perception.letters import Letters
from tujian.perception.looks import Seen

KEEP = 0.60
KEEP_SHORT = 0.88  # one or two characters: cloth and foliage are read as single letters with .5-.8
KEEP_FIGURE, FIGURE_SCORE = 0.80, 0.8  # the same for figures, where the detector is as sure
KEEP_LATIN = 0.97  # a single Latin letter or digit
KEEP_TURNED = 0.95  # held otherwise than its neighbours: Hebrew upside down looks like Latin
SINGLE_MOST = 0.3  # of the picture's shorter side: printed single letters stay below .2, garments begin at .35
UNREAD_MOST = 0.15  # of its longer side: stripes and machines that are found as text are larger
CLEAR_PX = 20  # height from which a line is large enough that holes in it are not for want of pixels
LARGE_PX = 24  # and from which poor letters are not, either
POOR = 0.75  # confidence of such a line
LEAST_SQUARES = 3.0  # shorter ones may be a picture, a logo, a bar
LEAST_SCORE = 0.6  # of the detector
STRAY = 0.6  # mean of a word at a line's end, below which it is cut where the rest is read surely
REST_SURE = 0.9
REST_LETTERS = 3
FIGURE = re.compile(r"\d{2,5}(?:\.\d{1,2})?")
WORD = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]+|[^\s\u2e80-\u9fff\uff00-\uffef]+")


def believed(seen: Seen, size_px: Size) -> Letters | None:
    """The letters of a region as far as they were read rather than imagined, or None."""
    letters = without_strays(seen.letters)
    if not _is_sure_enough(seen, letters) or letters.has_holes or _is_poor(seen, size_px):
        return None
    if _is_held_oddly(seen, letters):
        return None
    if len(letters.text) == 1 and (not seen.is_held_alike or seen.height_px > SINGLE_MOST * min(size_px)):
        return None
    return letters


def _is_sure_enough(seen: Seen, letters: Letters) -> bool:
    """Whether it is believable; 0g and large figures of prices are short, but nothing looks like them by chance."""
    is_figure = FIGURE.fullmatch(letters.text) is not None and seen.region.score >= FIGURE_SCORE
    if (is_figure or AMOUNT.fullmatch(letters.text)) and seen.is_held_alike and letters.confidence >= KEEP_FIGURE:
        return True
    return is_believable(letters.text, letters.confidence)


def is_unread(seen: Seen, size_px: Size) -> bool:
    """Whether text stands there, surely and large enough, of which at least a part could not be read."""
    if not _is_clear(seen, size_px):
        return False
    is_cut = without_strays(seen.letters) is not seen.letters
    return is_cut or seen.letters.has_holes or _is_poor(seen, size_px) or _is_held_oddly(seen, seen.letters)


def is_believable(text: str, confidence: float) -> bool:
    """Whether words of this length count at this confidence: short ones must be surer."""
    letters = [c for c in text if c.isalnum()]
    if not letters or confidence < KEEP:
        return False
    is_chinese = any("\u4e00" <= c <= "\u9fff" for c in letters)
    if len(letters) == 1:
        return confidence >= (KEEP_SHORT if is_chinese else KEEP_LATIN)
    return len(letters) > 3 or confidence >= KEEP_SHORT or is_chinese


def without_strays(letters: Letters) -> Letters:
    """Without words at either end that were hardly read, where the rest was read surely: 卫 in `卫 080-022-0023`."""
    spans = [match.span() for match in WORD.finditer(letters.text)]
    while len(spans) > 1 and _mean(letters, spans[0]) < STRAY <= REST_SURE <= _mean(letters, *spans[1:]):
        spans = spans[1:]
    while len(spans) > 1 and _mean(letters, spans[-1]) < STRAY <= REST_SURE <= _mean(letters, *spans[:-1]):
        spans = spans[:-1]
    rest = letters.part(spans[0][0], spans[-1][1]) if spans else letters
    return rest if REST_LETTERS <= _count(rest.text) < _count(letters.text) else letters


def _mean(letters: Letters, *spans: tuple[int, int]) -> float:
    sure = [one for start, end in spans for one in letters.sure[start:end]]
    return sum(sure) / len(sure)


def _is_clear(seen: Seen, size_px: Size) -> bool:
    return (
        seen.region.score >= LEAST_SCORE
        and CLEAR_PX <= seen.height_px <= UNREAD_MOST * max(size_px)
        and seen.length_px >= LEAST_SQUARES * seen.height_px
    )


def _is_poor(seen: Seen, size_px: Size) -> bool:
    is_large = seen.height_px >= LARGE_PX and _is_clear(seen, size_px)
    return is_large and seen.letters.confidence < POOR


def _is_held_oddly(seen: Seen, letters: Letters) -> bool:
    return not seen.is_held_alike and letters.confidence < KEEP_TURNED


def _count(text: str) -> int:
    return sum(c.isalnum() for c in text)
