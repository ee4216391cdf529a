"""What kind of photo it is, as far as perception alone can tell; None when it cannot.

Enters: Percepts. Leaves: one of the album task's controlled values. It does not know places, weather or occasions:
landscape, city, travel and party need a language model.
"""

from typing import NamedTuple

from tujian.perception import Percepts
from tujian.taxonomy import Taxonomy

NEAR_FACE = 4_000  # of 1,000,000 (box_1000's area): a face that the photo is about, not a passer-by
PAGE_LINES = 12  # text lines from which a picture is a page
FOOD, LIVE_ANIMALS = "fb", "ap-1"  # Shopify ids


class Scene(NamedTuple):
    zh: str
    en: str


def find_scene(percepts: Percepts, taxonomy: Taxonomy) -> Scene | None:
    """The kind of photo, from faces, text and a sure category, in that order."""
    if any(face.box_1000.area >= NEAR_FACE for face in percepts.faces):
        return Scene("人物", "people")
    if len(percepts.text_lines) >= PAGE_LINES:
        return Scene("文档", "document")
    if not percepts.labels.sure:
        return None
    best = percepts.labels.top3[0].id
    if taxonomy.is_under(best, LIVE_ANIMALS):
        return Scene("动物", "animal")
    if taxonomy.is_under(best, FOOD):
        return Scene("美食", "food")
    return Scene("物品", "thing")
