"""Tables of nutrients: two or three columns, with and without lines, or one running sentence.

Sources of the forms: GB 28050-2011 Annex B (formats of the table), EU 1169/2011 Annex XV (order in English).
"""

from typing import TYPE_CHECKING

from fields.printed import number

if TYPE_CHECKING:
    from fields.backs import Writer

NRV = {"energy": 8400, "protein": 60, "fat": 60, "carbohydrate": 300, "sodium": 2000}  # GB 28050-2011, Annex A
ZH = {
    "energy": "能量",
    "protein": "蛋白质",
    "fat": "脂肪",
    "carbohydrate": "碳水化合物",
    "sugars": "糖",
    "sodium": "钠",
}
EN = {"energy": "Energy", "fat": "Fat", "carbohydrate": "Carbohydrate", "sugars": "of which sugars",
      "protein": "Protein", "salt": "Salt"}  # fmt: skip
Row = tuple[str | None, list[str]]


def nutrition(writer: "Writer", x: float, y: float, width: float) -> float:
    """Writes the table; the y below it."""
    rng = writer.rng
    rows = _english(writer) if writer.english else _chinese(writer)
    sheet, style = writer.sheet, writer.look.body
    style = style.but(size_px=max(18, style.size_px - rng.choice([0, 0, 2, 4])))
    title = (
        "Nutrition Information"
        if writer.english
        else rng.choice(["营养成分表", "营养成分表", "营养标签", "营养成分表 Nutrition"])
    )
    sheet.write((x + width / 2, y), title, style.but(font="hei bold", size_px=style.size_px + 4), anchor="m")
    y += style.size_px * 2
    columns = len(rows[0][1])
    shares = {2: (0.55, 0.45), 3: (0.42, 0.36, 0.22)}[columns]
    step, ruled, framed = style.size_px * rng.uniform(1.45, 1.9), rng.random() < 0.55, rng.random() < 0.6
    right = rng.random() < 0.3
    begun = y
    while (
        any(sheet.width_of(cells[k], style) > shares[k] * width - 16 for _, cells in rows for k in range(columns))
        and style.size_px > 15
    ):
        style = style.but(size_px=style.size_px - 1)
    for index, (field, cells) in enumerate(rows):
        _row(writer, (x, y), width, shares, style, field, cells, right)
        y += step
        if ruled or index == 0:
            sheet.draw.line((x, y - step * 0.22, x + width, y - step * 0.22), fill=writer.look.ink, width=1)
    if framed:
        sheet.draw.rectangle((x, begun - step * 0.3, x + width, y - step * 0.15), outline=writer.look.ink, width=2)
    return y


def _row(writer, at, width, shares, style, field, cells, right) -> None:
    left, y = at
    place = writer.sheet.place()
    for number_, (cell, share) in enumerate(zip(cells, shares, strict=True)):
        role = "label" if number_ == 0 or number_ == 2 else "value"
        name = field if number_ == 1 or (number_ == 0 and field != "nutrition_basis") else None
        if number_ and right:
            writer.sheet.write((left + share * width - 10, y), cell, style, name, role, place, "r")
        else:
            writer.sheet.write((left + 10, y), cell, style, name, role, place)
        left += share * width


def _chinese(writer: "Writer") -> list[Row]:
    food, rng, truth = writer.food, writer.rng, writer.truth
    per, unit = food.basis
    truth.tell("nutrition_basis", f"{number(per)} {unit}")
    zh = {"g": "克", "ml": "毫升"}[unit]
    form = rng.choice(
        [f"{number(per)}{zh}", f"{number(per)}{unit}", f"{number(per)}{zh}({unit})", f"{number(per)} {unit}"]
    )
    head = f"每{form}" if per == 100 else rng.choice([f"每份({form})", f"每份{form}"])
    units = rng.choice(
        [("千焦", "克", "毫克"), ("kJ", "g", "mg"), ("千焦(kJ)", "克(g)", "毫克(mg)"), (" kJ", " g", " mg")]
    )
    three = rng.random() < 0.75
    rows: list[Row] = [
        (
            "nutrition_basis",
            [rng.choice(["项目", "项目/Items", "营养素"]), head, rng.choice(["NRV%", "营养素参考值%"])][
                : 3 if three else 2
            ],
        )
    ]
    shown = ["energy", "protein", "fat", "carbohydrate", *(["sugars"] if rng.random() < 0.5 else []), "sodium"]
    for name in shown:
        value = food.nutrition[name]
        unit_ = units[{"energy": 0, "sodium": 2}.get(name, 1)]
        label = rng.choice(["—糖", "－糖", "糖"]) if name == "sugars" else ZH[name]
        label += f" {EN[name].split()[-1].title()}" if writer.bilingual and name in EN else ""
        cells = [label, number(value) + unit_, f"{round(value / NRV[name] * 100)}%" if name in NRV else ""]
        rows.append((name, cells[: 3 if three else 2]))
        truth.tell(name, f"{number(value)} { {'energy': 'kJ', 'sodium': 'mg'}.get(name, 'g') }")
        if name == "fat" and rng.random() < 0.35:
            rows.append((None, [rng.choice(["—反式脂肪酸", "反式脂肪"]), "0" + units[1], ""][: 3 if three else 2]))
    if rng.random() < 0.3:
        rows.append((None, ["钙", f"{rng.randint(40, 300)}{units[2]}", f"{rng.randint(5, 30)}%"][: 3 if three else 2]))
    return rows


def _english(writer: "Writer") -> list[Row]:
    food, rng, truth = writer.food, writer.rng, writer.truth
    per, unit = food.basis
    truth.tell("nutrition_basis", f"{number(per)} {unit}")
    head = f"per {number(per)} {unit}" if per == 100 else f"per serving ({number(per)} {unit})"
    rows: list[Row] = [
        ("nutrition_basis", [rng.choice(["", "Typical values"]), head.capitalize() if rng.random() < 0.5 else head])
    ]
    for name, label in EN.items():
        value = food.nutrition[name]
        text = f"{number(value)} g"
        if name == "energy":
            text = f"{number(value)} kJ / {round(value / 4.184)} kcal"
            truth.tell(name, f"{number(value)} kJ", f"{round(value / 4.184)} kcal")
        else:
            truth.tell(name, text)
        rows.append((name, [label, text]))
        if name == "fat":
            rows.append((None, ["of which saturates", f"{number(round(value * rng.uniform(0.2, 0.6), 1))} g"]))
        if name == "sugars" and rng.random() < 0.6:
            rows.append((None, ["Fibre", f"{rng.randint(1, 9)}.{rng.randrange(10)} g"]))
    return rows
