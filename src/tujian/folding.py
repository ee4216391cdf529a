"""The form in which texts are compared.

Enters: text as printed, read or said. Leaves: its letters and digits, traditional and simplified Chinese made one.
Does not know languages or meanings. What is shown is never folded.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files

STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def fold(text: str) -> str:
    """Letters and digits only, full width made half, lower case, Chinese simplified.

    >>> fold("１００% Juice，橙汁"), fold("淨含量") == fold("净含量")
    ('100juice橙汁', True)
    """
    return re.sub(r"[\W_]+", "", unify(text))


def unify(text: str) -> str:
    """As `fold`, with spaces and marks left in place.

    >>> unify("ＮＥＴ 淨含量：２５０ｍｌ")
    'net 净含量:250ml'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isascii() else folded.translate(_simplified())


def printable(text: str) -> str:
    """`text` with U+FFFD for what cannot be written (lone surrogates, as in file names that are not UTF-8) and for what
    would steer a terminal or turn the reading direction; line ends and tabs stay.

    >>> printable("a\\udcc9.jpg"), printable("\\x1b[2Jcup")
    ('a\ufffd.jpg', '\ufffd[2Jcup')
    """
    written = text.encode("utf-8", "surrogateescape" if _is_escaped(text) else "replace").decode("utf-8", "replace")
    return STEERING.sub("\ufffd", written)


def _is_escaped(text: str) -> bool:
    return all("\udc80" <= c <= "\udcff" for c in text if "\ud800" <= c <= "\udfff")


@cache
def _simplified() -> dict[int, str]:
    """`data/words/simplified.txt` as a table for str.translate."""
    lines = files("tujian").joinpath("data/words/simplified.txt").read_text("utf-8").splitlines()
    rows = [line for line in lines if not line.startswith("#")]
    return {ord(row[place]): row[place + 1] for row in rows for place in range(0, len(row), 2)}


def singular(word: str) -> str:
    """An English word in lower case without the sign of the plural, after Harman's S stemmer (JASIS 42(1), 1991).

    >>> [singular(word) for word in ("shoes", "dresses", "watches", "boxes", "berries", "glass", "bus")]
    ['shoe', 'dress', 'watch', 'box', 'berry', 'glass', 'bus']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
