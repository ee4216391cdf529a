"""Text as the words it is found by: the same for what is kept and for what is asked, on every database.

Enters: text. Leaves: words of letters, digits or Chinese characters; Chinese cut by rjieba's dictionary, longer words
also into the shorter ones in them; traditional made simplified, full width half. Does not know: meanings.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources

from tujian.folding import singular, unify

LONGEST_TEXT = 20_000  # characters of one item that are found by
LONGEST_WORD = 40
MOST_QUERY_WORDS = 24
_WORD = re.compile(r"[a-z0-9]+|[^\W\da-z_]+")


def words_of(text: str) -> list[str]:
    """The words of a text in their order, each as often as it stands there.

    >>> words_of("純牛奶 ２５０ｍｌ"), words_of("' OR 1=1 --")
    (['牛奶', '纯牛奶', '250ml'], ['or', '1', '1'])
    """
    import rjieba

    return _cut(text, rjieba.cut_for_search)


def _cut(text: str, cut: Callable[[str], list[str]]) -> list[str]:
    found: list[str] = []
    for run in _WORD.findall(unify(text[:LONGEST_TEXT])):
        found += [word[:LONGEST_WORD] for word in ([singular(run)] if run.isascii() else cut(run))]
    return found


def words_asked(text: str) -> list[str]:
    """The words of a question, each once and whole; those that carry nothing are left out unless there are no others.

    >>> words_asked("找适合夏天穿的凉鞋"), words_asked("微波炉"), words_of("微波炉")
    (['适合', '夏天', '穿', '凉鞋'], ['微波炉'], ['微波', '微波炉'])
    """
    return (words_telling(text) or _whole_words(text))[:MOST_QUERY_WORDS]


def words_telling(text: str) -> list[str]:
    """The words of a question that carry something, each once and whole: none of 找一下.

    >>> words_telling("的"), words_telling("找适合夏天穿的凉鞋")
    ([], ['适合', '夏天', '穿', '凉鞋'])
    """
    return [word for word in _whole_words(text) if word not in _stop()]


def _whole_words(text: str) -> list[str]:
    """Each once."""
    import rjieba

    return list(dict.fromkeys(_cut(text, rjieba.cut)))


def joined(texts: Iterable[str]) -> str:
    """The words of several texts, each once, by blanks: what the index keeps."""
    return " ".join(dict.fromkeys(word for text in texts for word in words_of(text)))


@cache
def _stop() -> frozenset[str]:
    lines = (resources.files("tujian") / "data/words/stop.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
