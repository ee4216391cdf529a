"""Does the health check of a spreadsheet find what is wrong, and leave alone what is right? req: F2

    python benchmarks/check.py [--seed 7] [--show] [--keep DIR]

A spreadsheet of 300 rows is made over labelled pictures: products with their colour, groceries with their brand,
barcodes with their number; net contents, which no labelled picture shows legibly, on packs drawn by seed. 120 rows get
one fault each by the seed, in the cells or in the picture. `tujian check` runs as a user runs it; its sheet of reasons
is held against the plan. A fault can be seen when the other value can: a brand whose letters nobody reads on the
picture is counted apart, as the shared scorer does. False marks: on rows without a fault, and on rows with one of
another kind. Proposals for cells that were empty from the start are no marks of a fault; they are counted apart.
Baseline: check digits alone, which need no picture. Ends with one JSON line.
"""

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fields.draw import draw
from fields.lettering import font
from openpyxl import Workbook, load_workbook
from PIL import Image, ImageDraw, ImageFilter
from told import shared, tell

from tujian.check_sheet import KIND_WORDS, Kind
from tujian.folding import fold
from tujian.perception.gs1 import check_digit, is_valid

HEADINGS = ("图片", "SKU", "标题", "品牌", "颜色", "条码", "净含量", "描述")
ROWS, DRAWN, CODES = 300, 34, 24
PLAN = {
    "colour": 14, "check_digit": 10, "barcode": 10, "net_content": 12, "brand": 14, "no_picture": 8, "poor_picture": 12,
    "duplicate": 12, "advert": 8, "advert_picture": 8, "empty": 12,
}  # fmt: skip
COLOURS = {"Black": "黑色", "Blue": "蓝色", "Gray": "灰色", "Green": "绿色", "Orange": "橙色", "Purple": "紫色",
           "Red": "红色", "White": "白色", "Yellow": "黄色"}  # fmt: skip
NEIGHBOURS = [  # people mix these up: such a fault is none that can be seen
    {"Black", "Gray"}, {"Gray", "White"}, {"Red", "Orange"}, {"Orange", "Yellow"}, {"Blue", "Purple"},
    {"Blue", "Green"}, {"Black", "Blue"}, {"Red", "Purple"}, {"Yellow", "Green"}, {"White", "Yellow"},
]  # fmt: skip
BRANDS = ("Arla", "Alpro", "Oatly", "Tropicana", "Garant", "Valio", "Yoggi", "Bravo")
WORDS = ("全网最低价", "国家级品质", "销量第一")
CLEAN = "日常使用的商品，规格见图片，支持七天退换。"


@dataclass
class Row:
    """`content` is written under the name in the first cell; `truth` is the label; `fault` what was planted."""

    kind: str
    content: bytes
    cells: dict[str, str]
    truth: str = ""
    fault: str = ""
    column: str = ""
    wanted: str = ""
    pair: "Row | None" = field(default=None, repr=False)
    number: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", action="store_true", help="every fault that was missed, every false mark")
    parser.add_argument("--keep", type=Path, help="leave the spreadsheets and pictures here")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    rows = list(base_rows(rng))
    plant(rows, rng)
    rng.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        place = asked.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        write(rows, place)
        begun = time.monotonic()
        marks = checked(place)
        elapsed_s = time.monotonic() - begun
        unseen = unreadable_brands(rows, place)
    judge(rows, marks, unseen, elapsed_s, asked.seed, show=asked.show)


def base_rows(rng: random.Random) -> Iterator[Row]:
    """Rows whose every cell is true."""
    manifest = [json.loads(line) for line in (shared() / "data/manifest.jsonl").read_text("utf-8").splitlines()]
    by_kind = {"product": [], "grocery": [], "barcode": []}
    for one in manifest:
        labels = one["labels"]
        if one["kind"] == "product" and labels.get("color") in COLOURS:
            cells = {"标题": labels["name"], "颜色": COLOURS[labels["color"]]}
            by_kind["product"].append((one["path"], cells, labels["color"]))
        elif one["kind"] == "grocery" and labels.get("brand"):
            by_kind["grocery"].append(
                (one["path"], {"标题": labels["class"], "品牌": labels["brand"]}, labels["brand"])
            )
        elif one["kind"] == "barcode" and is_valid(str(labels.get("value"))):
            by_kind["barcode"].append(
                (one["path"], {"标题": f"商品{labels['value'][-5:]}", "条码": labels["value"]}, labels["value"])
            )
    codes = list({truth: (path, cells, truth) for path, cells, truth in by_kind["barcode"]}.values())
    drawn = list(_drawn(rng))
    labelled = [*by_kind["product"], *by_kind["grocery"]]
    rng.shuffle(codes)
    codes = codes[:CODES]
    rng.shuffle(labelled)
    for path, cells, truth in [*codes, *labelled[: ROWS - DRAWN - len(codes)]]:
        kind = "barcode" if "条码" in cells else "grocery" if "品牌" in cells else "product"
        yield Row(kind, (shared() / "data" / path).read_bytes(), cells, truth)
    yield from drawn


def _drawn(rng: random.Random) -> Iterator[Row]:
    """Packs drawn by seeds for reporting, with a net content."""
    seed, made = 4 * rng.randrange(500, 5000), 0
    while made < DRAWN:
        pack = draw(seed)
        seed += 4
        values = pack.truth.values
        if values.get("net_content") and values.get("name"):
            made += 1
            cells = {"标题": values["name"], "净含量": values["net_content"]}
            cells |= {own: values[name] for own, name in (("品牌", "brand"), ("条码", "barcode")) if values.get(name)}
            yield Row("drawn", pack.taken.jpeg, cells, values["net_content"])


def plant(rows: list[Row], rng: random.Random) -> None:
    """One fault on each of 120 rows."""
    for number, row in enumerate(rows):
        row.cells = {"SKU": f"SKU{number:04}", "描述": CLEAN, "图片": f"{number:04}.jpg"} | row.cells
    fits = {
        "colour": lambda row: row.kind == "product",
        "brand": lambda row: row.kind == "grocery",
        "net_content": lambda row: row.kind == "drawn",
        "check_digit": lambda row: "条码" in row.cells,
        "barcode": lambda row: "条码" in row.cells,
        "empty": lambda row: row.kind in ("product", "grocery"),
        "advert_picture": lambda row: row.kind in ("product", "grocery"),
        "poor_picture": lambda row: row.kind in ("product", "grocery"),
        "duplicate": lambda row: row.kind in ("product", "grocery"),
    }
    for fault in (
        "net_content",
        "barcode",
        "check_digit",
        "brand",
        *(
            name
            for name in PLAN
            if name not in fits or name in ("colour", "empty", "advert_picture", "poor_picture", "duplicate")
        ),
    ):
        free = [row for row in rows if not row.fault and fits.get(fault, lambda _: True)(row)]
        for place, row in enumerate(rng.sample(free, PLAN[fault])):
            if not row.fault:
                FAULTS[fault](row, rows, rng, place)
                row.fault = fault


def _colour(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    others = [name for name in COLOURS if name != row.truth and {name, row.truth} not in NEIGHBOURS]
    row.column, row.cells["颜色"] = "颜色", COLOURS[rng.choice(others)]


def _brand(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    row.column, row.cells["品牌"] = "品牌", rng.choice([name for name in BRANDS if name != row.truth])


def _net_content(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    amount, unit, *_rest = row.cells["净含量"].split()
    row.column, row.cells["净含量"] = "净含量", f"{float(amount) * rng.choice([0.5, 2, 1.1]) + 5:g}{unit}"


def _check_digit(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    code = row.cells["条码"]
    row.column, row.cells["条码"] = "条码", code[:-1] + str((int(code[-1]) + rng.randrange(1, 10)) % 10)


def _barcode(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    body = str(rng.randrange(10**11, 10**12))
    row.column, row.cells["条码"] = "条码", f"{body}{check_digit(body)}"


def _no_picture(row: Row, _: list[Row], __: random.Random, place: int) -> None:
    row.column, row.cells["图片"] = "图片", "" if place % 2 else f"missing{place}.jpg"


def _poor_picture(row: Row, _: list[Row], __: random.Random, place: int) -> None:
    image = Image.open(io.BytesIO(row.content)).convert("RGB")
    spoilt = (
        lambda: image.filter(ImageFilter.GaussianBlur(0.012 * min(image.size))),
        lambda: image.point(lambda level: level * 0.2),
        lambda: image.resize(
            (max(1, image.width * 120 // min(image.size)), max(1, image.height * 120 // min(image.size)))
        ),
    )
    row.column, row.content = "图片", _jpeg(spoilt[place % 3]())


def _duplicate(row: Row, rows: list[Row], rng: random.Random, place: int) -> None:
    """The SKU of another row; or another row's picture, as it is or stored again, under a name of its own."""
    other = rng.choice([one for one in rows if not one.fault and one is not row and one.kind in ("product", "grocery")])
    other.fault, row.pair, row.column = "pair", other, "SKU" if place % 3 == 0 else "图片"
    if place % 3 == 0:
        row.cells["SKU"] = other.cells["SKU"]
        return
    own = {name: row.cells[name] for name in ("图片", "SKU")}
    row.cells, row.content = other.cells | own | {"标题": f"{other.cells['标题']} 新款"}, other.content
    if place % 3 == 2:
        image = Image.open(io.BytesIO(other.content)).convert("RGB")
        row.content = _jpeg(image.resize((image.width * 4 // 5, image.height * 4 // 5)), 75)


def _advert(row: Row, _: list[Row], rng: random.Random, place: int) -> None:
    row.column = ("标题", "描述")[place % 2]
    row.cells[row.column] += rng.choice(WORDS)


def _advert_picture(row: Row, _: list[Row], rng: random.Random, __: int) -> None:
    image = Image.open(io.BytesIO(row.content)).convert("RGB")
    size = max(18, image.width // 10)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, image.height - size * 2, image.width, image.height), fill="#c01818")
    pen.text((size // 2, image.height - size * 1.6), rng.choice(WORDS), fill="white", font=font("hei bold", size))
    row.column, row.content = "图片", _jpeg(image)


def _empty(row: Row, _: list[Row], __: random.Random, ___: int) -> None:
    row.column = "颜色" if row.kind == "product" else "品牌"
    row.wanted, row.cells[row.column] = row.cells[row.column], ""


FAULTS = {
    "colour": _colour, "brand": _brand, "net_content": _net_content, "check_digit": _check_digit, "barcode": _barcode,
    "no_picture": _no_picture, "poor_picture": _poor_picture, "duplicate": _duplicate, "advert": _advert,
    "advert_picture": _advert_picture, "empty": _empty,
}  # fmt: skip


def _jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def write(rows: Sequence[Row], folder: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(HEADINGS)
    for number, row in enumerate(rows, 2):
        row.number = number
        (folder / f"{int(row.cells['SKU'][3:]) if row.column != 'SKU' else 9000 + number:04}.jpg").touch()
        name = row.cells["图片"]
        if name and not name.startswith("missing"):
            (folder / name).write_bytes(row.content)
        sheet.append([row.cells.get(heading) or None for heading in HEADINGS])
    for empty in [path for path in folder.glob("*.jpg") if not path.stat().st_size]:
        empty.unlink()
    book.save(folder / "catalogue.xlsx")


def checked(folder: Path) -> list[dict[str, str]]:
    """The sheet of reasons that the command wrote."""
    out = folder / "checked.xlsx"
    command = [sys.executable, "-m", "tujian", "check", str(folder / "catalogue.xlsx"), "--out", str(out)]
    environment = os.environ | {"TUJIAN_HOME": str(folder / "home"), "TUJIAN_LANG": "zh"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    print(done.stdout, done.stderr)
    sheet = load_workbook(out)["体检"]
    names = [cell.value for cell in sheet[1]]
    return [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]


def unreadable_brands(rows: Sequence[Row], folder: Path) -> set[int]:
    """Rows whose brand stands in no line that is read on the picture: what is wrong there cannot be seen."""
    from tujian.house import House, Shot
    from tujian.settings import read_settings

    house = House(read_settings(home=folder / "home", engine="none"))
    unseen = set()
    for row in rows:
        if row.fault == "brand" or (row.fault == "empty" and row.column == "品牌"):
            lines = house.look(Shot(folder / row.cells["图片"])).percepts.text_lines
            if fold(row.truth) not in fold("".join(line.text for line in lines)):
                unseen.add(row.number)
    house.close()
    return unseen


def judge(
    rows: Sequence[Row], marks: Sequence[dict], unseen: set[int], elapsed_s: float, seed: int, *, show: bool
) -> None:
    kinds = {words[0]: kind for kind, words in KIND_WORDS.items()}
    told = {(int(mark["行"]), mark["列"], kinds[mark["问题"]]): mark for mark in marks}
    planted, seen, found = Counter(), Counter(), Counter()
    expected: set[tuple[int, Kind]] = set()
    for row in rows:
        if row.fault in ("", "pair"):
            continue
        kind = Kind("advert" if row.fault == "advert_picture" else row.fault)
        places = {row.number, row.pair.number} if row.pair else {row.number}
        expected |= {(number, kind) for number in places}
        hits = [
            mark
            for (number, column, one), mark in told.items()
            if number in places and one is kind and column == row.column
        ]
        is_found = bool(hits) and (row.fault != "empty" or any(fits(row, mark) for mark in hits))
        planted[row.fault] += 1
        seen[row.fault] += row.number not in unseen
        found[row.fault] += is_found and row.number not in unseen
        if show and not is_found and row.number not in unseen:
            print("missed", row.fault, row.number, row.truth, row.cells.get(row.column), hits)
    false = [(key, mark) for key, mark in told.items() if key[2] is not Kind.EMPTY and (key[0], key[2]) not in expected]
    by_number = {row.number: row for row in rows}
    hard = [key for key, _ in false if key[2] is Kind.POOR_PICTURE and by_number[key[0]].kind == "barcode"]
    counted = [(key, mark) for key, mark in false if key not in hard]
    clean = [row for row in rows if row.fault in ("", "pair")]
    stained = {key[0] for key, _ in counted} & {row.number for row in clean}
    if show:
        for key, mark in counted:
            print("false", *key, by_number[key[0]].truth, mark["原因"])
    right = sum(is_found for name, is_found in found.items() if name == "check_digit")
    tell(
        rows=len(rows),
        seed=seed,
        planted=sum(planted.values()),
        seen=sum(seen.values()),
        found=sum(found.values()),
        found_share=round(sum(found.values()) / sum(seen.values()), 3),
        by_kind={name: f"{found[name]}/{seen[name]}/{planted[name]}" for name in PLAN},
        false_marks=len(counted),
        false_rows_share=round(len(stained) / len(clean), 3),
        false_by_kind=Counter(str(key[2]) for key, _ in counted),
        poor_pictures_of_the_barcode_set=len(hard),
        proposals_beside=sum(key[2] is Kind.EMPTY and (key[0], key[2]) not in expected for key in told),
        baseline_check_digits_alone=round(right / sum(seen.values()), 3),
        elapsed_s=round(elapsed_s, 1),
    )


def fits(row: Row, mark: dict) -> bool:
    """Whether a proposal names the value that was taken out."""
    proposal = str(mark["建议值"] or "")
    base = row.wanted.removesuffix("色")
    return base in proposal or (row.column == "颜色" and _same_base(row.wanted, proposal))


def _same_base(wanted: str, proposal: str) -> bool:
    from tujian.rules.colour_words import base_colour

    return base_colour(wanted) in {base_colour(part) for part in proposal.split("、")}


if __name__ == "__main__":
    main()
