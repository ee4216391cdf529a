"""The form in which texts are compared.

Enters: text as printed, read or said. Leaves: its letters and digits. Does not know languages or meanings.
"""

import re
import unicodedata

STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def fold(text: str) -> str:
    """Letters and digits only, full width made half, lower case.

    >>> fold("１００% Juice，橙汁")
    '100juice橙汁'
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


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
