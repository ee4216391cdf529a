"""What kind of photo it is; better silent than wrong. req: E1, E9"""

import numpy as np
import pytest
from drawn import lines, percepts, picture
from PIL import Image

from tujian.geometry import Box1000
from tujian.perception.faces import Face
from tujian.perception.labels import IMAGENET_CLASSES, Guess, Labeller, Labels, read_kinds
from tujian.rules.scenes import KINDS, find_scene
from tujian.tasks import Tasks

NEAR, FAR = Box1000(300, 300, 500, 600), Box1000(10, 10, 40, 50)
ID_CARD = ("姓名 张三", "公民身份号码 11010519491231002X")


def scene(*texts, name="IMG_1.jpg", size_px=(4000, 3000), format="JPEG", **seen):
    kinds, sure = seen.pop("kinds", {}), seen.pop("sure", False)
    guess = Guess(seen.pop("category", "fb-1"), seen.pop("confidence", 0.8))
    labels = Labels((guess, Guess("aa-1", 0.05)), sure, np.zeros(256, np.float16), kinds)
    found = find_scene(picture(path=name, size_px=size_px, format=format), percepts(*texts, labels=labels, **seen))
    return found and found.zh


@pytest.mark.parametrize(
    "kinds, zh",
    [
        ({"pet": 0.55, "animal": 0.2}, "宠物"),
        ({"pet": 0.3, "animal": 0.4}, "动物"),  # a creature for sure, whether it lives at home is not
        ({"pet": 0.2, "animal": 0.1, "landscape": 0.4}, None),
        ({"landscape": 0.8}, "风景"),
        ({"city": 0.7}, "城市"),
        ({"food": 0.6}, "美食"),
        ({"plant": 0.6}, "植物"),
        ({"food": 0.4, "plant": 0.4}, None),
        ({}, None),
    ],
)
def test_a_kind_is_stated_where_it_holds_half_of_the_odds(kinds, zh):
    assert scene(kinds=dict.fromkeys(KINDS, 0.0) | kinds) == zh


def test_a_face_near_by_makes_it_people_and_a_passer_by_does_not():
    landscape = dict.fromkeys(KINDS, 0.0) | {"landscape": 0.9}
    assert scene(kinds=landscape, faces=(Face(NEAR, 0.99),)) == "人物"
    assert scene(kinds=landscape, faces=(Face(FAR, 0.99),)) == "风景"


def test_an_identity_card_is_a_paper_whoever_looks_out_of_it():
    assert scene(*ID_CARD, faces=(Face(NEAR, 0.99),)) == "证件"


def test_a_page_of_text_is_a_document():
    assert scene(text_lines=lines(*(f"第 {n} 行" for n in range(14)))) == "文档"


@pytest.mark.parametrize(
    "name, size_px, format, zh",
    [
        ("Screenshot_2024-05-01-12-30-00.jpg", (1080, 2400), "JPEG", "截图"),
        ("屏幕截图 2024-05-01.png", (800, 600), "PNG", "截图"),
        ("a.png", (1170, 2532), "PNG", "截图"),
        ("a.png", (1920, 1080), "PNG", "截图"),
        ("a.png", (1000, 1000), "PNG", None),  # no screen
        ("a.jpg", (1920, 1080), "JPEG", None),  # a photo may have that size
    ],
)
def test_screenshots_are_known_by_name_or_by_a_screens_size_and_text(name, size_px, format, zh):
    assert scene("设置", "通知", "电池", name=name, size_px=size_px, format=format) == zh


def test_a_png_of_a_screens_size_without_text_is_no_screenshot():
    assert scene("雪", name="a.png", size_px=(1920, 1080), format="PNG") is None


def test_a_thing_needs_a_labeller_that_is_very_sure():
    assert scene(category="aa-8", sure=True, confidence=0.9) is None
    assert scene(category="aa-8", sure=True, confidence=0.97) == "物品"


def test_every_kind_is_a_value_of_the_album_and_has_classes_of_its_own():
    allowed = {
        words.zh for field in Tasks.load().get("album").fields if field.name == "category" for words in field.values
    }
    assert {found.zh for found in KINDS.values()} <= allowed
    classes = [number for numbers in read_kinds().values() for number in numbers]
    assert read_kinds().keys() == KINDS.keys()
    assert len(classes) == len(set(classes)) and set(classes) <= set(range(IMAGENET_CLASSES))


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, zh",
    [
        ("Samsung_GT-I9100_Galaxy_SII_.jpg", "宠物"),
        ("Issue_587_dotnet_.jpg", "风景"),
        ("Samsung_GT-I9505_Galaxy_S4_.jpg", "美食"),
        ("Olympus_E-10.jpg", "城市"),
        ("Kodak_PIXPRO_S-1.jpg", "动物"),
    ],
)
def test_photos_are_told_by_what_they_show(shared, name, zh):
    pixels = np.asarray(Image.open(shared / "data" / "album" / name).convert("RGB"))
    found = find_scene(picture(path=name), percepts(labels=Labeller().label(pixels)))
    assert found is not None and found.zh == zh
