"""Packs drawn for reading tests: lines on tinted paper, turned, slanted, bent, stacked, in columns and tables.

The same seed draws the same picture. Seeds below 1000 are for tuning, from 1000 on they are only reported.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path("/usr/share/fonts/opentype/noto")  # Debian's fonts-noto-cjk
CJK = FONTS / "NotoSansCJK-Regular.ttc"
FACES = [FONTS / f"Noto{kind}CJK-{weight}.ttc" for kind in ("Sans", "Serif") for weight in ("Regular", "Bold")]
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")  # Debian's fonts-dejavu-core
JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL = 0, 1, 2, 3  # faces within the .ttc

PHRASES = (
    "净含量：250ml", "保质期：9个月", "生产日期 2026-05-01", "配料表：生牛乳、白砂糖、食用盐", "请置于阴凉干燥处",
    "营养成分表", "第二件半价", "红富士苹果", "超值优惠装", "全脂灭菌纯牛奶", "产地：内蒙古呼和浩特", "不含防腐剂",
    "贮存条件：常温密闭保存", "执行标准 GB 25190", "食用方法：开启后即饮", "原味曲奇饼干", "高钙低脂", "有机栽培",
    "Energy 268kJ", "PRESSED APPLE JUICE", "Keep refrigerated", "Best before 05/2027", "MADE IN CHINA", "100% COTTON",
    "Nutrition Facts", "Serving size 40g", "Whole milk powder", "Shake well before use", "Organic green tea",
    "No added sugar", "Extra virgin olive oil", "Product of New Zealand",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A picture and what is printed on it, in reading order."""

    pixels: np.ndarray
    texts: tuple[str, ...]

    @property
    def size_px(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]


def font(size_px: int, face: Path = CJK, index: int = SIMPLIFIED) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(face), size_px, index=index if face.suffix == ".ttc" else 0)


def paper(width: int, height: int, chance: random.Random) -> Image.Image:
    """Light and faintly mottled."""
    tint = np.array([chance.randrange(175, 256) for _ in "rgb"], np.float32)
    slope = np.linspace(1, chance.uniform(0.8, 1), width)[None, :, None]
    grain = np.random.default_rng(chance.randrange(2**31)).normal(0, 3, (height, width, 1))
    return Image.fromarray(np.clip(tint * slope + grain, 0, 255).astype(np.uint8))


def sheet(seed: int, lines: int = 5) -> Drawn:
    """A few phrases of different sizes, one below the other."""
    chance = random.Random(seed)
    texts = tuple(chance.sample(PHRASES, lines))
    face = chance.choice(FACES)
    fonts = [font(chance.choice((24, 28, 34, 44)), face) for _ in texts]
    ink = tuple(chance.randrange(100) for _ in "rgb")
    width = round(max(f.getlength(t) for f, t in zip(fonts, texts, strict=True))) + 120
    picture = paper(width, sum(round(f.size * 1.9) for f in fonts) + 60, chance)
    draw, top = ImageDraw.Draw(picture), 30
    for text, letters in zip(texts, fonts, strict=True):
        draw.text((chance.randrange(40, 61), top), text, font=letters, fill=ink)
        top += round(letters.size * 1.9)
    return Drawn(np.asarray(picture), texts)


def turned(drawn: Drawn, degrees: float) -> Drawn:
    """The whole picture turned anticlockwise, the paper going on beyond it."""
    width, height = drawn.size_px
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(height * sin + width * cos), round(height * cos + width * sin))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    paper_tone = drawn.pixels[0, 0].tolist()
    return Drawn(cv2.warpAffine(drawn.pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=paper_tone), drawn.texts)


def bent(drawn: Drawn, sagitta: float) -> Drawn:
    """Printed round a can: lines hang through by `sagitta` of the width, arch up if it is negative."""
    width, height = drawn.size_px
    drop = abs(sagitta) * width
    across = np.linspace(-1, 1, width, dtype=np.float32)
    source_x = (np.arcsin(across * 0.9) / np.arcsin(0.9) + 1) / 2 * (width - 1)
    sag = drop * (1 - across**2) if sagitta > 0 else drop * across**2
    rows = np.arange(height + round(drop), dtype=np.float32)[:, None] - sag[None]
    columns = np.broadcast_to(source_x, rows.shape).astype(np.float32)
    return Drawn(cv2.remap(drawn.pixels, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), drawn.texts)


def slanted(drawn: Drawn, seed: int, most: float = 0.16) -> Drawn:
    """Photographed from one side and from above: its corners moved inward by up to `most` of the sides."""
    chance = random.Random(seed)
    width, height = drawn.size_px
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = [(x + chance.uniform(0, most) * width * (1 if x == 0 else -1),
              y + chance.uniform(0, most) * height * (1 if y == 0 else -1)) for x, y in corners]  # fmt: skip
    matrix = cv2.getPerspectiveTransform(corners, np.array(moved, np.float32))
    tone = drawn.pixels[0, 0].tolist()
    flat = cv2.warpPerspective(drawn.pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=tone)
    return Drawn(flat, drawn.texts)


def column(text: str, size_px: int = 40, index: int = SIMPLIFIED) -> Drawn:
    """Characters one below the other."""
    letters = font(size_px, index=index)
    picture = paper(size_px * 4, round(size_px * 1.2 * len(text)) + 80, random.Random(len(text)))
    for place, letter in enumerate(text):
        left = size_px * 2 - letters.getlength(letter) / 2
        ImageDraw.Draw(picture).text((left, 40 + place * size_px * 1.2), letter, font=letters, fill=(20, 20, 60))
    return Drawn(np.asarray(picture), (text,))


def page(cells: list[tuple[str, int, int]], size: tuple[int, int], size_px: int = 26, face: Path = CJK) -> Drawn:
    """Texts at their places (left, top), given in reading order."""
    picture = Image.new("RGB", size, (250, 249, 244))
    for text, left, top in cells:
        ImageDraw.Draw(picture).text((left, top), text, font=font(size_px, face), fill=(25, 25, 25))
    return Drawn(np.asarray(picture), tuple(text for text, _, _ in cells))


def shrunk(drawn: Drawn, factor: float) -> Drawn:
    """Photographed from further away."""
    return Drawn(cv2.resize(drawn.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), drawn.texts)


# labels in scripts that the reader cannot read, of fonts that Debian's fonts-noto-cjk and fonts-dejavu-core have
FOREIGN = {
    "Korean": (
        "바나나맛 우유",
        "서울우유 흰우유",
        "영양정보 총 내용량",
        "신라면 매운맛",
        "직사광선을 피하고 서늘한 곳에 보관",
    ),
    "Cyrillic": ("Молоко питьевое", "Сделано в России", "Пищевая ценность", "Шоколад горький", "Дата изготовления"),
    "Arabic": ("حليب كامل الدسم", "تاريخ الانتهاء", "صنع في السعودية", "القيم الغذائية"),
    "Hebrew": ("חלב טרי מפוסטר", "תאריך תפוגה", "ערכים תזונתיים", "מיוצר בישראל"),
    "Georgian": ("საქართველოს ღვინო", "რძის პროდუქტი"),
    "Armenian": ("Հայկական կոնյակ", "Կաթնամթերք"),
}


def foreign(script: str, texts: tuple[str, ...]) -> list[Drawn]:
    """One label a text, on tinted paper."""
    face = font(40, index=KOREAN) if script == "Korean" else font(40, DEJAVU)
    cards = []
    for number, text in enumerate(texts):
        picture = paper(round(face.getlength(text)) + 240, 400, random.Random(number))
        ImageDraw.Draw(picture).text((120, 160), text, font=face, fill=(30, 30, 50))
        cards.append(Drawn(np.asarray(picture), (text,)))
    return cards
