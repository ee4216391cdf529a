"""What kind of photo it is, as far as perception alone can tell; None when it cannot.

Enters: a picture's facts and Percepts. Leaves: one of the album task's controlled values. It does not know occasions:
travel and party need a language model.

In this order: papers with somebody's numbers, screenshots, a face near by, a page of text, then what the backbone's
classes say by kind (`data/taxonomy/scenes.tsv`), where one kind holds half of all its odds.
"""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from tujian.geometry import Size
from tujian.perception import Percepts
from tujian.pictures import Picture
from tujian.rules.sensitive import find_sensitive
from tujian.taxonomy import is_under

NEAR_FACE = 4_000  # of 1,000,000 (box_1000's area): a face that the photo is about, not a passer-by
PAGE_LINES = 12  # text lines from which a picture is a page
KIND_AT = 0.5  # of the odds; a plain choice, looked at on the labelled album: docs/decisions.md
THING_AT = 0.95  # the labeller's confidence is for goods: on photos it called the moon a drum and a pot a garden tool
PET_SHARE = 0.6  # of the odds of all animals
SCREEN_LINES = 3
IDENTITY = ("id_card", "passport", "bank_card")
FOOD = "fb"  # Shopify id
_SCREENSHOT = re.compile(r"screen[-_ ]?shot|屏幕截图|屏幕快照|截屏|截图", re.I)
# Screens in portrait or landscape: widths of phones and tablets (CSS pixels times 2 or 3), then of desktops
_PHONES = (640, 720, 750, 828, 1080, 1125, 1170, 1179, 1206, 1220, 1242, 1260, 1284, 1290, 1320, 1440)
_PHONE_RATIO = (1.7, 2.4)
_DESKTOPS = ((1366, 768), (1440, 900), (1536, 864), (1600, 900), (1920, 1080), (2560, 1440), (2880, 1800), (3840, 2160))


class Scene(NamedTuple):
    zh: str
    en: str


KINDS = {
    "pet": Scene("宠物", "pet"),
    "animal": Scene("动物", "animal"),
    "food": Scene("美食", "food"),
    "city": Scene("城市", "city"),
    "landscape": Scene("风景", "landscape"),
    "plant": Scene("植物", "plant"),
}


def find_scene(picture: Picture, percepts: Percepts) -> Scene | None:
    """The kind of photo, or None."""
    papers = {found.kind for found in find_sensitive([line.text for line in percepts.text_lines])}
    if papers & set(IDENTITY):
        return Scene("证件", "identity paper")
    if is_screenshot(picture, len(percepts.text_lines)):
        return Scene("截图", "screenshot")
    if any(face.box_1000.area >= NEAR_FACE for face in percepts.faces):
        return Scene("人物", "people")
    if len(percepts.text_lines) >= PAGE_LINES or papers & {"invoice", "receipt"}:
        return Scene("文档", "document")
    return _by_kind(percepts)


def is_screenshot(picture: Picture, lines: int) -> bool:
    """Whether the name says so, or a PNG of no camera has a screen's size and text on it."""
    if is_named_screenshot(picture.path):
        return True
    return picture.format == "PNG" and picture.camera is None and lines >= SCREEN_LINES and _is_screen(picture.size_px)


def is_named_screenshot(path: str) -> bool:
    """Whether a file is called as phones and computers call their screenshots.

    >>> is_named_screenshot("DCIM/Screenshot_2024-05-01.jpg"), is_named_screenshot("Screenshots/a.jpg")
    (True, False)
    """
    return bool(_SCREENSHOT.search(PurePosixPath(path.replace("\\", "/")).name))


def _is_screen(size_px: Size) -> bool:
    short, long = sorted(size_px)
    return (short in _PHONES and _PHONE_RATIO[0] <= long / short <= _PHONE_RATIO[1]) or (long, short) in _DESKTOPS


def _by_kind(percepts: Percepts) -> Scene | None:
    odds = percepts.labels.kinds
    creatures = odds.get("pet", 0.0) + odds.get("animal", 0.0)
    if creatures >= KIND_AT:
        return KINDS["pet" if odds["pet"] >= PET_SHARE * creatures else "animal"]
    kind = max(odds, key=lambda name: odds[name], default=None)
    if kind is not None and odds[kind] >= KIND_AT:
        return KINDS[kind]
    best = percepts.labels.top3[0]
    if percepts.labels.sure and is_under(best.id, FOOD):
        return KINDS["food"]
    return Scene("物品", "thing") if percepts.labels.sure and best.confidence >= THING_AT else None
