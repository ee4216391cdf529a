"""The form in which texts are compared.

Enters: text as printed, read or said. Leaves: its letters and digits. Does not know languages or meanings.
"""

import re
import unicodedata


def fold(text: str) -> str:
    """Letters and digits only, full width made half, lower case.

    >>> fold("１００% Juice，橙汁")
    '100juice橙汁'
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def printable(text: str) -> str:
    """`text` with what no encoding can write (lone surrogates, as in file names that are not UTF-8) as U+FFFD.

    >>> printable("a\\udcc9.jpg")
    'a\ufffd.jpg'
    """
    return text.encode("utf-8", "surrogateescape" if _is_escaped(text) else "replace").decode("utf-8", "replace")


def _is_escaped(text: str) -> bool:
    return all("\udc80" <= c <= "\udcff" for c in text if "\ud800" <= c <= "\udfff")
