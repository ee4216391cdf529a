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
