"""Which scripts the text reader knows, so that others are called unreadable rather than wrong. req: D10b

PP-OCRv6 small reads Chinese (both forms), kana and Latin: its character list holds 15,908 CJK, 179 kana and over 600
Latin characters, and no Hangul, Cyrillic, Thai, Arabic, Hebrew or Indic ones. Of Greek it has the 48 plain letters, for
formulas: without accents and the final sigma it leaves holes in nearly every Greek word that is not in capitals.
"""

import unicodedata
from typing import NamedTuple


class Script(NamedTuple):
    zh: str
    en: str


# the first word of a character's Unicode name → what people call the script
UNREADABLE = {
    "HANGUL": Script("韩文", "Korean"),
    "CYRILLIC": Script("西里尔字母", "Cyrillic"),
    "THAI": Script("泰文", "Thai"),
    "ARABIC": Script("阿拉伯文", "Arabic"),
    "HEBREW": Script("希伯来文", "Hebrew"),
    "DEVANAGARI": Script("天城文", "Devanagari"),
    "BENGALI": Script("孟加拉文", "Bengali"),
    "TAMIL": Script("泰米尔文", "Tamil"),
    "TELUGU": Script("泰卢固文", "Telugu"),
    "KHMER": Script("高棉文", "Khmer"),
    "LAO": Script("老挝文", "Lao"),
    "MYANMAR": Script("缅文", "Burmese"),
    "GEORGIAN": Script("格鲁吉亚文", "Georgian"),
    "ARMENIAN": Script("亚美尼亚文", "Armenian"),
    "TIBETAN": Script("藏文", "Tibetan"),
    "ETHIOPIC": Script("埃塞俄比亚文", "Ethiopic"),
}


GREEK = Script("带重音的希腊文", "Greek with accents")


def unreadable_script(text: str) -> Script | None:
    """The script in `text` that the reader cannot read; None when it could read all of it.

    >>> unreadable_script("바나나맛 우유").en, unreadable_script("橙汁 Juice")
    ('Korean', None)
    """
    for letter in filter(str.isalpha, unicodedata.normalize("NFC", text)):
        first = unicodedata.name(letter, "?").split()[0]
        if first in UNREADABLE:
            return UNREADABLE[first]
        if first == "GREEK" and (letter == "ς" or len(unicodedata.normalize("NFD", letter)) > 1):
            return GREEK
    return None
