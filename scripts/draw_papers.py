"""Draws papers that must be found and locked away: cards, passports, plates, invoices, all of people who do not exist.

    python scripts/draw_papers.py --seeds 0:20 --out DIR [--kind passport]

Enters: a seed. Leaves: a picture and its kind (a key of MAKERS, named as in rules/sensitive.py). Numbers are drawn at
random and carry right check digits; names, numbers and addresses are invented. Seeds below 1000 are for tuning, from
1000 on for reporting.
"""

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFilter
from sample_art.brush import Lettering, Sheet

FAMILY, GIVEN = "张王李赵陈杨黄周吴徐", "明华丽芳伟强磊静敏涛娜鹏"
TOWNS = ("北京市朝阳区安定路", "上海市徐汇区漕溪路", "成都市武侯区锦绣街", "广州市天河区体育路", "杭州市西湖区文三路")
PROVINCES = ("110105", "310104", "510107", "440106", "330106", "420102", "320102")
PLATE_PROVINCES, PLATE_LETTERS = "京沪粤浙苏川鄂鲁津渝", "ABCDEFGHJKLMNPQRSTUVWXYZ"
BANKS = ("中国银行", "招商银行", "建设银行", "工商银行")
COUNTRIES = ("CHN", "UTO", "GBR", "DEU", "JPN")

Maker = Callable[[random.Random, Lettering], Image.Image]


def id_front(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = _card(rng, letters, "#dfe8ee")
    born = _day(rng)
    rows = (("姓名", _name(rng)), ("性别", f"{rng.choice('男女')}    民族  汉"), ("出生", "{}年{}月{}日".format(*born)),
            ("住址", f"{rng.choice(TOWNS)}{rng.randint(1, 900)}号"))  # fmt: skip
    for place, (label, value) in enumerate(rows):
        sheet.write((60, 90 + 80 * place), label, 26, "#3a6ea5")
        sheet.write((150, 90 + 80 * place), value, 32, "#222222")
    sheet.draw.rectangle((700, 80, 930, 400), fill="#b8c0c8")
    sheet.write((60, 540), "公民身份号码", 26, "#3a6ea5")
    sheet.write((300, 540), id_number(rng, born), 40, "#222222", "bold", gap_px=4)
    return sheet.image


def id_back(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = _card(rng, letters, "#e6ecef")
    sheet.draw.ellipse((70, 80, 220, 230), fill="#c8453a")
    sheet.write((290, 120), "中华人民共和国", 46, "#333333", "serif bold", gap_px=12)
    sheet.write((290, 220), "居民身份证", 64, "#333333", "serif bold", gap_px=20)
    sheet.write((230, 430), "签发机关", 28, "#333333")
    sheet.write((390, 430), f"{rng.choice(TOWNS)[:3]}公安局", 32, "#222222")
    sheet.write((230, 520), "有效期限", 28, "#333333")
    sheet.write(
        (390, 520),
        f"{rng.randint(2008, 2022)}.0{rng.randint(1, 9)}.11-{rng.randint(2028, 2042)}.0{rng.randint(1, 9)}.11",
        32,
        "#222222",
    )
    return sheet.image


def bank_card(rng: random.Random, letters: Lettering) -> Image.Image:
    paper = rng.choice(("#21409a", "#b3202c", "#1d1d1f", "#0f766e", "#d4af37"))
    sheet = _card(rng, letters, paper)
    ink = "#222222" if paper == "#d4af37" else "#f4f4f4"
    sheet.write((60, 80), rng.choice(BANKS), 48, ink, "bold")
    sheet.rounded((70, 190, 190, 280), 14, "#d9b45b")
    number = card_number(rng)
    shown = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    sheet.write((60, 370), shown, 58, ink, "sans", gap_px=3)
    sheet.write((60, 470), f"VALID THRU {rng.randint(1, 12):02d}/{rng.randint(27, 35)}", 28, ink)
    sheet.write((60, 550), rng.choice(("ZHANG MING", "LI HUA", "WANG FANG")), 32, ink)
    sheet.write((760, 550), rng.choice(("UnionPay 银联", "VISA", "MasterCard")), 36, ink, "bold")
    return sheet.image


def passport(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((1250, 880), rng.choice(("#efe9dc", "#e8eef0", "#f0e8e8")), letters)
    country, born, ends = (
        rng.choice(COUNTRIES),
        _day(rng),
        (rng.randint(2027, 2035), rng.randint(1, 12), rng.randint(1, 28)),
    )
    number = rng.choice("EGPL") + "".join(rng.choices("0123456789", k=8))
    sheet.write((60, 70), "护照  PASSPORT", 40, "#444444", "bold")
    sheet.draw.rectangle((60, 130, 380, 560), fill="#b9bec4")
    rows = (("姓名/Name", _name(rng)), ("国籍/Nationality", country), ("护照号/Passport No.", number),
            ("出生日期/Date of birth", "{}.{}.{}".format(*born)))  # fmt: skip
    for place, (label, value) in enumerate(rows):
        sheet.write((430, 150 + 100 * place), label, 22, "#666666")
        sheet.write((430, 190 + 100 * place), value, 32, "#222222")
    family, given = rng.choice(("ZHANG", "ERIKSSON", "MUSTER")), rng.choice(("MING", "ANNA MARIA", "ERIKA"))
    _machine_lines(sheet, passport_lines(country, family, given, number, born, rng.choice("MF"), ends), 700)
    return sheet.image


def id_card_td1(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = _card(rng, letters, "#e3e8ef")
    country, born, ends = (
        rng.choice(COUNTRIES[1:]),
        _day(rng),
        (rng.randint(2027, 2035), rng.randint(1, 12), rng.randint(1, 28)),
    )
    number = "".join(rng.choices("ABCDEFGHJKLMN0123456789", k=9))
    sheet.write((60, 80), "Address / Adresse", 24, "#555555")
    sheet.write((60, 130), f"{rng.randint(1, 90)} Harbour Street", 30, "#222222")
    _machine_lines(sheet, td1_lines(country, number, born, rng.choice("MF"), ends), 400, 44)
    return sheet.image


def visa_td2(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((1150, 800), "#ecebe2", letters)
    country, born, ends = (
        rng.choice(COUNTRIES[1:]),
        _day(rng),
        (rng.randint(2027, 2035), rng.randint(1, 12), rng.randint(1, 28)),
    )
    number = "".join(rng.choices("ABCDEFGHJKLMN0123456789", k=9))
    sheet.write((60, 90), "TRAVEL DOCUMENT", 40, "#444444", "bold")
    first = f"I<{country}ERIKSSON<<ANNA<MARIA".ljust(36, "<")
    second = f"{_checked(number)}{country}{_checked(_short(born))}F{_checked(_short(ends))}".ljust(35, "<")
    _machine_lines(sheet, (first, second + mrz_digit(second)), 640)
    return sheet.image


def plate(rng: random.Random, letters: Lettering) -> Image.Image:
    is_green = rng.random() < 0.4
    sheet = Sheet((960, 300), "#5fbf7a" if is_green else rng.choice(("#1c4fa0", "#1f5fbf", "#e8b830")), letters)
    ink = "#111111" if is_green or sheet.image.getpixel((5, 5))[0] > 200 else "#ffffff"  # pyright: ignore
    tail = "".join(rng.choices(PLATE_LETTERS.replace("I", "") + "0123456789" * 3, k=4)) + rng.choice("0123456789")
    number = rng.choice(PLATE_PROVINCES) + rng.choice(PLATE_LETTERS) + "·" + ("D" + tail if is_green else tail)
    sheet.rounded((12, 12, 948, 288), 26, None, ink, 6)
    size_px = 128 if is_green else 148
    sheet.write((480, 150), number, size_px, ink, "bold", "mm", gap_px=4)
    stage = Sheet((1500, 1000), rng.choice(("#8d949c", "#5b6068", "#b7b1a6")), letters)
    stage.draw.rectangle((180, 180, 1320, 700), fill=rng.choice(("#c9ccd1", "#22262c", "#8c1f28")))
    stage.lay(sheet.image, (750, 560))
    return stage.image


def bank_letter(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((1200, 900), "#fdfdfb", letters)
    sheet.write((80, 100), "Account details", 44, "#222222", "bold")
    rows = (f"Name: {rng.choice(('Anna Muster', 'Wei Zhang', 'Tom Hill'))}", f"IBAN: {iban(rng)}", "BIC: TESTXX22",
            "Please quote this account for all payments.")  # fmt: skip
    for place, text in enumerate(rows):
        sheet.write((80, 220 + 90 * place), text, 34, "#333333")
    return sheet.image


def invoice(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((1500, 1000), "#fdf9f2", letters)
    red = "#a3352b"
    sheet.write(
        (750, 80),
        rng.choice(("电子发票（普通发票）", "增值税专用发票", "上海增值税普通发票", "电子发票（增值税专用发票）")),
        46,
        red,
        "serif",
        "mm",
    )
    rows = (
        f"发票号码：{''.join(rng.choices('0123456789', k=20))}",
        f"开票日期：{rng.randint(2023, 2026)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
    )
    for place, text in enumerate(rows):
        sheet.write((1000, 150 + 44 * place), text, 26, "#333333")
    sheet.write((80, 290), f"购买方 名称：{rng.choice(('云栖商贸有限公司', '青禾文化有限公司'))}", 28, "#333333")
    sheet.write(
        (80, 340), f"统一社会信用代码/纳税人识别号：91{''.join(rng.choices('0123456789', k=15))}X", 28, "#333333"
    )
    sheet.write((80, 450), "项目名称      规格型号   单位   数量   单价      金额      税率     税额", 26, red)
    price = rng.randint(100, 9000)
    sheet.write(
        (80, 510),
        f"*服装*连衣裙            件     1     {price}.00   {price}.00   13%   {price * 0.13:.2f}",
        26,
        "#333333",
    )
    sheet.write((80, 720), f"价税合计（大写）  壹仟圆整      （小写）¥{price * 1.13:.2f}", 28, "#333333")
    sheet.write((80, 850), f"开票人：{_name(rng)}", 26, "#333333")
    return sheet.image


def receipt(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((640, 1250), "#f7f7f5", letters)
    sheet.write((320, 80), rng.choice(("好邻居便利店", "万家超市", "晨光百货")), 44, "#222222", "bold", "mm")
    sheet.write((60, 160), f"单号：{rng.randint(10**9, 10**10)}", 26, "#333333")
    sheet.write(
        (60, 205),
        f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)} 1{rng.randint(0, 9)}:{rng.randint(10, 59)}",
        26,
        "#333333",
    )
    sheet.write((60, 270), "品名          数量    单价    金额", 26, "#333333")
    total = 0.0
    for place in range(rng.randint(3, 7)):
        price = rng.randint(20, 900) / 10
        total += price
        name = rng.choice(("可乐330ml", "纯牛奶", "面包", "苹果", "纸巾", "电池"))
        sheet.write((60, 325 + 50 * place), f"{name}", 26, "#333333")
        sheet.write((280, 325 + 50 * place), f"1      {price:.2f}     {price:.2f}", 26, "#333333")
    sheet.write((60, 760), f"合计：{total:.2f}", 34, "#222222", "bold")
    sheet.write((60, 820), rng.choice(("微信支付", "支付宝", "现金")) + f"  实付 {total:.2f}", 28, "#333333")
    sheet.write((320, 930), rng.choice(("谢谢惠顾，欢迎再次光临", "谢谢惠顾", "欢迎光临")), 28, "#333333", "sans", "mm")
    return sheet.image


def driving_licence(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = _card(rng, letters, "#eef1ee")
    sheet.write((500, 70), "中华人民共和国机动车驾驶证", 44, "#222222", "bold", "mm")
    sheet.write((500, 115), "Driving License of the People's Republic of China", 22, "#333333", "sans", "mm")
    born = _day(rng)
    rows = (("证号", id_number(rng, born)), ("姓名", f"{_name(rng)}   性别 {rng.choice('男女')}   国籍 中国"),
            ("住址", f"{rng.choice(TOWNS)}{rng.randint(1, 900)}号"), ("出生日期", "{}-{:02d}-{:02d}".format(*born)),
            ("初次领证日期", f"20{rng.randint(10, 24)}-05-1{rng.randint(0, 9)}"),
            ("准驾车型", rng.choice(("C1", "C2", "B2"))),
            ("有效期限", f"20{rng.randint(20, 24)}-05-11 至 20{rng.randint(30, 34)}-05-11"))  # fmt: skip
    for place, (label, value) in enumerate(rows):
        sheet.write((50, 180 + 62 * place), label, 24, "#333333")
        sheet.write((230, 180 + 62 * place), value, 28, "#111111")
    return sheet.image


def medical(rng: random.Random, letters: Lettering) -> Image.Image:
    sheet = Sheet((1150, 1400), "#fdfdfd", letters)
    sheet.write(
        (575, 90), rng.choice(("市第一人民医院", "仁和医院", "区中心医院")) + "检验报告单", 46, "#222222", "bold", "mm"
    )
    sheet.write(
        (70, 190), f"姓名：{_name(rng)}   性别：{rng.choice('男女')}   年龄：{rng.randint(18, 80)}岁", 28, "#333333"
    )
    sheet.write(
        (70, 240),
        f"科室：{rng.choice(('内科', '外科', '体检中心'))}   门诊号：{rng.randint(10**7, 10**8)}   标本：血清",
        28,
        "#333333",
    )
    sheet.write((70, 290), f"临床诊断：{rng.choice(('健康体检', '上呼吸道感染', '高血压'))}", 28, "#333333")
    sheet.write((70, 370), "项目            结果      单位        参考范围", 28, "#333333", "bold")
    rows = (("白细胞", "10^9/L", 3.5, 9.5), ("葡萄糖", "mmol/L", 3.9, 6.1), ("总胆固醇", "mmol/L", 2.8, 5.2),
            ("尿酸", "umol/L", 155, 428))  # fmt: skip
    for place, (name, unit, low, high) in enumerate(rows):
        sheet.write((70, 430 + 60 * place), f"{name}", 28, "#333333")
        sheet.write(
            (290, 430 + 60 * place), f"{rng.uniform(low, high * 1.2):.1f}      {unit}      {low}-{high}", 28, "#333333"
        )
    sheet.write((70, 1250), f"送检医师：{_name(rng)}   检验者：{_name(rng)}", 26, "#333333")
    return sheet.image


MAKERS: dict[str, tuple[Maker, ...]] = {
    "id_card": (id_front, id_back),
    "bank_card": (bank_card,),
    "passport": (passport, id_card_td1, visa_td2),
    "licence_plate": (plate,),
    "iban": (bank_letter,),
    "invoice": (invoice,),
    "receipt": (receipt,),
    "driving_licence": (driving_licence,),
    "medical": (medical,),
}


def draw_paper(seed: int, letters: Lettering) -> tuple[str, Image.Image]:
    """The picture of a seed and what it is: the kinds take turns, so do their makers."""
    makers = [(kind, maker) for kind, several in MAKERS.items() for maker in several]
    kind, maker = makers[seed % len(makers)]
    rng = random.Random(f"paper {seed}")
    return kind, _photograph(maker(rng, letters).convert("RGB"), rng)


def id_number(rng: random.Random, born: tuple[int, int, int]) -> str:
    """A resident identity number with its check character (GB 11643)."""
    body = rng.choice(PROVINCES) + "{:04d}{:02d}{:02d}".format(*born) + f"{rng.randint(1, 999):03d}"
    return body + "10X98765432"[sum(int(d) * pow(2, 17 - n, 11) for n, d in enumerate(body)) % 11]


def card_number(rng: random.Random) -> str:
    """A payment card number with its Luhn digit (ISO/IEC 7812-1)."""
    prefix, length = rng.choice((("622202", 19), ("621700", 19), ("625900", 16), ("4", 16), ("52", 16)))
    body = prefix + "".join(rng.choices("0123456789", k=length - 1 - len(prefix)))
    doubled = (sum(divmod(2 * int(d), 10)) if n % 2 == 0 else int(d) for n, d in enumerate(reversed(body)))
    return body + str(-sum(doubled) % 10)


def iban(rng: random.Random) -> str:
    """A German or British account number with its check digits (ISO 13616-1), in groups of four."""
    country, body = rng.choice(
        (("DE", "".join(rng.choices("0123456789", k=18))), ("GB", "WEST" + "".join(rng.choices("0123456789", k=14))))
    )
    digits = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    whole = f"{country}{98 - int(digits) % 97:02d}{body}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def passport_lines(
    country: str, family: str, given: str, number: str, born: tuple[int, int, int], sex: str, ends: tuple[int, int, int]
) -> tuple[str, str]:
    """The two lines of a TD3 document (ICAO 9303-4)."""
    first = f"P<{country}{family}<<{given.replace(' ', '<')}".ljust(44, "<")
    known = (_checked(number), _checked(_short(born)), _checked(_short(ends)), _checked("<" * 14))
    second = f"{known[0]}{country}{known[1]}{sex}{known[2]}{known[3]}"
    return first, second + mrz_digit("".join(known))


def td1_lines(
    country: str, number: str, born: tuple[int, int, int], sex: str, ends: tuple[int, int, int]
) -> tuple[str, str, str]:
    """The three lines of a TD1 card (ICAO 9303-5)."""
    first = f"I<{country}{_checked(number)}".ljust(30, "<")
    second = f"{_checked(_short(born))}{sex}{_checked(_short(ends))}{country}".ljust(29, "<")
    whole = first[5:] + _checked(_short(born)) + _checked(_short(ends)) + second[18:29]
    return first, second + mrz_digit(whole), "ERIKSSON<<ANNA<MARIA".ljust(30, "<")


def mrz_digit(field: str) -> str:
    return str(sum((0 if c == "<" else int(c, 36)) * (7, 3, 1)[n % 3] for n, c in enumerate(field)) % 10)


def _checked(field: str) -> str:
    return field + mrz_digit(field)


def _short(day: tuple[int, int, int]) -> str:
    return f"{day[0] % 100:02d}{day[1]:02d}{day[2]:02d}"


def _machine_lines(sheet: Sheet, lines: tuple[str, ...], top: int, size_px: int = 40) -> None:
    """Evenly spaced signs, as the machine-readable zone's font has them."""
    pitch = (sheet.width - 80) / max(map(len, lines))
    for place, line in enumerate(lines):
        for at, sign in enumerate(line):
            sheet.write((40 + (at + 0.5) * pitch, top + 80 * place), sign, size_px, "#1a1a1a", "sans", "mm")


def _card(rng: random.Random, letters: Lettering, colour: str) -> Sheet:
    sheet = Sheet((1000, 630), colour, letters)
    for _ in range(40):  # a faint pattern, as papers have
        x, y, r = rng.randint(0, 1000), rng.randint(0, 630), rng.randint(40, 160)
        sheet.draw.ellipse((x - r, y - r, x + r, y + r), outline=_tint(colour, rng.randint(-14, 14)), width=2)
    return sheet


def _tint(colour: str, by: int) -> str:
    return "#" + "".join(f"{min(255, max(0, int(colour[i : i + 2], 16) + by)):02x}" for i in (1, 3, 5))


def _photograph(sheet: Image.Image, rng: random.Random) -> Image.Image:
    """On a table, turned a little, some upside down or standing, some out of focus."""
    turn = rng.choice((0, 0, 0, 90, 180, 270)) + rng.uniform(-9, 9)
    margin = rng.randint(30, 160)
    table = Image.new(
        "RGB", (sheet.width + 2 * margin, sheet.height + 2 * margin), rng.choice(("#6b5a48", "#d8d4cc", "#2f3338"))
    )
    table.paste(sheet, (margin, margin))
    turned = table.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=table.getpixel((2, 2)))
    wide = rng.randint(900, 1500)
    scaled = turned.resize((wide, round(turned.height * wide / turned.width)), Image.Resampling.LANCZOS)
    return scaled.filter(ImageFilter.GaussianBlur(rng.choice((0, 0, 0.6, 1.0, 1.4))))


def _name(rng: random.Random) -> str:
    return rng.choice(FAMILY) + "".join(rng.choices(GIVEN, k=rng.randint(1, 2)))


def _day(rng: random.Random) -> tuple[int, int, int]:
    return rng.randint(1955, 2005), rng.randint(1, 12), rng.randint(1, 28)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws papers that must be found and locked away.")
    parser.add_argument("--seeds", default="0:13", help="from:to")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kind", choices=MAKERS)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    begin, end = map(int, chosen.seeds.split(":"))
    letters, kinds = Lettering(), {}
    for seed in range(begin, end):
        kind, picture = draw_paper(seed, letters)
        if chosen.kind in (None, kind):
            kinds[f"{seed}.jpg"] = kind
            picture.save(chosen.out / f"{seed}.jpg", quality=85)
    (chosen.out / "kinds.json").write_text(json.dumps(kinds, indent=1), "utf-8")


if __name__ == "__main__":
    main()
