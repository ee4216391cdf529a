"""How many people, and whether photos or products are meant: 两个人的合影, 没有人, photos, 商品.

Enters: an even sentence. Leaves: Marks. 三人沙发 and "a tent for 3 people" count no people in a picture.
"""

import re
from collections.abc import Iterator
from functools import cache

from tujian.filters import Filter
from tujian.sentence import Mark, any_of, wording
from tujian.sentence.negation import refused
from tujian.sentence.numerals import ENGLISH, number_in

_COMPARED = re.compile(
    r"(?:(?P<least>至少有?|起码有?|不少于|at least)|(?P<more>不止|超过|多于|more than|over)"
    r"|最多|不超过|不到|少于|[\d一二两三四五六七八九十个](?:到|至|-|~|或)"
    r"|at most|fewer than|less than|under|(?:or|to))\s{0,2}$"
)
_MORE, _LESS = re.compile(r"(?:及?以上|\s?or more)"), re.compile(r"(?:及?以下|以内|左右|\s?or (?:less|fewer))")
_KINDS = {"photo": ("照片", "photos"), "product": ("商品", "products")}


def find_people(text: str) -> Iterator[Mark]:
    """
    >>> [m.filter for m in find_people("两个人的合影")], list(find_people("三人沙发"))
    ([Filter(field='people', op='is', value=2)], [])
    """
    counted, nobody = _patterns()
    for match in nobody.finditer(text):
        yield Mark(*match.span(), Filter("people", "is", 0), "没有人", "nobody")
    for match in counted.finditer(text):
        count = int(number_in(match["zh"] or match["en"]) or 0)
        ahead, behind = (
            _COMPARED.search(text, max(0, match.start() - 12), match.start()),
            _MORE.match(text, match.end()),
        )
        if not count or (ahead and not ahead["least"] and not ahead["more"]) or _LESS.match(text, match.end()):
            continue  # 5到8个人, 三个人以下: not so many exactly
        if not ahead and not behind:
            yield Mark(*match.span(), Filter("people", "is", count), f"人数 {count}", f"people {count}")
            continue
        least = count + (1 if ahead and ahead["more"] else 0)
        start, end = ahead.start() if ahead else match.start(), behind.end() if behind else match.end()
        yield Mark(start, end, Filter("people", "over", least), f"人数 ≥ {least}", f"people ≥ {least}")


def find_kinds(text: str) -> list[Mark]:
    """The kind that a sentence asks for; none where it names both, or where the word is part of another (照片墙)."""
    found: list[Mark] = []
    for kind, (zh, en) in _KINDS.items():
        for match in _kinds(kind).finditer(text):
            no = refused(text, *match.span(), is_wide=True)
            if not no and refused(text, *match.span()):  # no photos: of what?
                continue
            op = "not" if no else "is"
            label = (f"类型 不是 {zh}", f"not {en}") if no else (f"类型 {zh}", en)
            found.append(Mark(*(no or match.span()), Filter("kind", op, kind), *label))
            break
    if len(found) == 1 and found[0].filter == Filter("kind", "is", "photo") and _of_goods(text[: found[0].start]):
        return []
    return found if len(found) == 1 else []


def _of_goods(ahead: str) -> bool:
    """商品照片 are pictures of goods, and no photos."""
    return bool(re.search(any_of(wording()["kind"]["product"]) + "的?$", ahead))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = wording()["people"]
    zh = (
        rf"(?<![\d第一二两三四五六七八九十几])(?:(?P<zh>\d{{1,2}}|[一二两三四五六七八九十])(?:个人(?!{any_of(words['not_of'])})"
        rf"|人(?={any_of(words['behind'])}|$|[\s,，。]))(?!的?{any_of(words['not_of'])}))"
    )
    en = rf"(?<!for )(?<![a-z0-9-])(?P<en>\d{{1,2}}|{ENGLISH})\s(?:people|persons?)(?![a-z-])(?!\s(?:tent|sofa))"
    return re.compile(rf"{zh}|{en}"), re.compile(any_of(words["none"]) + r"(?![工造参民体声生类字机售驾超买评要问用])")


@cache
def _kinds(kind: str) -> re.Pattern[str]:
    words = wording()["kind"]
    chinese = any_of(word for word in words[kind] if not word.isascii())
    english = any_of(word for word in words[kind] if word.isascii())
    return re.compile(
        rf"{chinese}(?=$|[\s,，。.!！?？;；、]|{any_of(words['zh_behind'])})"
        rf"|(?<!-){english}(?=\s{{0,3}}(?:$|[,.;!?]|{any_of(words['en_behind'])}))"
    )
