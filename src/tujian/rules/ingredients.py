"""Ingredients and allergens as printed: from their label over the following lines until another label opens. req: B1

Enters: text lines. Leaves: lists, with every line they stand on. Brackets stay with the ingredient they explain.
Sources: GB 7718-2011 4.1.3 (配料表) and 4.4.3 (致敏物质), Regulation (EU) 1169/2011 Annexes II and VII,
GB 5296.3-2008 (成分).
Does not know: what an ingredient is. A separator that recognition lost joins two of them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tujian.folding import fold
from tujian.perception.text import TextLine
from tujian.rules import Reading
from tujian.rules.labels import Labelled, labelled
from tujian.rules.layout import joined

LONGEST = 4000  # characters of one list
MOST_ITEMS = 100  # the longest real lists (cosmetics) hold some 80
_OPENING, _CLOSING = "([{（［【〔", ")]}）］】〕"
_LISTING = "、丶､﹑，,;；"
_END = re.compile(
    r"。|(?:本产品|本品|可能含有|此生产线|该生产线|致敏|过敏)|\.\s+(?=[A-Z])|\bmay\s+contain\b|\bcontains\s*:", re.I
)
_ALLERGEN_FRAME = re.compile(
    r"^(?:本产品|本品|该产品|产品|此产品)?(?:可能)?(?:还)?(?:含有?|包含)|"
    r"^(?:this\s+product\s+)?(?:may\s+)?(?:contains?|traces\s+of)\s*:?",
    re.I,
)
_AND = re.compile(r"[、丶，,;；/]|(?<![\u4e00-\u9fff]{6})(?:以?及|和|与)|\s+(?:and|&)\s+")
_TAIL = re.compile(r"(?:等?(?:成[分份]|致敏物质|过敏原)|等|。|\.)+$")
_MADE_OF = "制品"
_ALLERGENS = re.compile(
    r"麸质|麦|乳|奶|蛋|大豆|花生|坚果|芝麻|鱼|虾|蟹|甲壳|贝|芹菜|芥末|亚硫酸|wheat|gluten|milk|egg|soy|peanut|\bnut|almond|"
    r"fish|crustacean|shellfish|sesame|celery|mustard|lupin|sulphite|sulfite|barley|oats|rye",
    re.I,
)  # GB 7718-2011 4.4.3.1; Regulation (EU) 1169/2011 Annex II
_CONTAINS = re.compile(r"^\W{0,3}(?:本产品|本品)?(?:含有?(?!量)|contains\b)\s*:?\s*(.{1,80})$", re.I)


def find_ingredients(lines: Sequence[TextLine]) -> list[Reading]:
    """The list behind each label for ingredients, the longest first."""
    found = [_trimmed(one) for one in labelled("ingredients", lines, whole=True)]
    readings = [_list(one, split_list(_END.split(one.value, maxsplit=1)[0]), "ingredients/1") for one in found]
    return sorted((one for one in readings if one), key=lambda reading: -len(reading.value))


def find_allergens(lines: Sequence[TextLine]) -> list[Reading]:
    """What the pack warns of, behind a label or in a sentence that opens with 含有 or Contains."""
    found = labelled("allergens", lines, whole=True)
    if not found:
        said = [(line, match) for line in lines if (match := _CONTAINS.match(line.text[:120]))]
        found = [Labelled("", m[1], line) for line, m in said if _ALLERGENS.search(m[1])]
    readings = [_list(one, split_allergens(one.value), "allergens/1") for one in found]
    return [one for one in readings if one]


def split_list(text: str) -> list[str]:
    """A list cut at its separators, but not inside brackets.

    >>> split_list("小麦粉、膨松剂(碳酸氢钠、碳酸氢铵)、单,双甘油脂肪酸酯")
    ['小麦粉', '膨松剂(碳酸氢钠、碳酸氢铵)', '单,双甘油脂肪酸酯']
    >>> split_list("Sugar, raising agent (E500, E503), 1,2-hexanediol")
    ['Sugar', 'raising agent (E500, E503)', '1,2-hexanediol']
    """
    text = text[:LONGEST]
    closed, depth, items, begun = _closed(text), 0, [], 0
    for place, sign in enumerate(text):
        if place in closed:
            depth += 1 if sign in _OPENING else -1
        elif depth == 0 and sign in _LISTING and not _is_part_of_name(text, place):
            items.append(text[begun:place])
            begun = place + 1
    items.append(text[begun:])
    plain = [item.strip(" \t\u3000.。:：·*•") for item in items]
    return [item for item in plain if any(c.isalnum() for c in item)][:MOST_ITEMS]


def split_allergens(text: str) -> list[str]:
    """What is warned of, without the sentence around it.

    >>> split_allergens("本产品含有小麦、大豆和花生制品。"), split_allergens("Contains: milk and soya")
    (['小麦', '大豆', '花生'], ['milk', 'soya'])
    """
    bare = _ALLERGEN_FRAME.sub("", text.strip()[:LONGEST])
    bare = _TAIL.sub("", re.split(r"[。；;]|\.\s", bare, maxsplit=1)[0].strip())
    items = [re.sub(r"^(?:含有?|contains)\s?", "", item.strip(" .:：()（）"), flags=re.I) for item in _AND.split(bare)]
    items = [_without(item, _MADE_OF) for item in items if item]
    return list(dict.fromkeys(items))[:MOST_ITEMS]


def _without(item: str, ending: str) -> str:
    """花生制品 is 花生; 乳制品 stays, for nobody says 乳."""
    bare = item.removesuffix(ending)
    return bare if len(bare) >= 2 else item


def _list(found: Labelled, items: list[str], rule: str) -> Reading | None:
    if not items:
        return None
    return Reading(items, fold(" ".join(items)), found.line, found.line.text, rule, more=found.more)


def _trimmed(found: Labelled) -> Labelled:
    """The paragraph up to where it no longer reads like a list: a line without separators after one that was closed."""
    kept: list[TextLine] = [found.line]
    for line in found.more:
        so_far = joined(kept)
        is_open = any(so_far.count(a) > so_far.count(b) for a, b in zip(_OPENING, _CLOSING, strict=True))
        is_listing = so_far.rstrip()[-1:] in _LISTING or any(sign in line.text for sign in _LISTING)
        is_closed = so_far.rstrip().endswith(("。", "."))
        if is_closed or not (is_open or is_listing or any(sign in so_far for sign in _LISTING)):
            break
        kept.append(line)
    if len(kept) == 1 + len(found.more):
        return found
    dropped = joined([kept[-1], *found.more[len(kept) - 1 :]])[len(kept[-1].text) :]
    value = found.value.removesuffix(dropped.rstrip(" :：;；,，、|/·•*-–—【[（(●■◆")).rstrip()
    return replace(found, value=value, more=tuple(kept[1:]))


def _closed(text: str) -> frozenset[int]:
    """Places of brackets that have a partner; one that recognition lost its partner of opens nothing."""
    stack: list[int] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign in _OPENING:
            stack.append(place)
        elif sign in _CLOSING and stack:
            places += [stack.pop(), place]
    return frozenset(places)


def _is_part_of_name(text: str, place: int) -> bool:
    """The comma of 单,双甘油脂肪酸酯, of 1,2-己二醇 and of 1,5 %."""
    before, after = text[place - 1 : place] if place else "", text[place + 1 : place + 2]
    return text[place] in ",，、" and ((before, after) == ("单", "双") or (before.isdigit() and after.isdigit()))
