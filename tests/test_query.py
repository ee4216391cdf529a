"""A sentence as filters and words; what is not surely understood stays words. req: A9, E8"""

import datetime as dt
import time

import pytest
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue, record, value
from typer.testing import CliRunner

from tujian.api import create_app
from tujian.catalogue import Catalogue
from tujian.cli.main import app
from tujian.familiar import Known, as_written, known_names, understood_in
from tujian.house import House
from tujian.query import LONGEST, understand
from tujian.sentence import even
from tujian.settings import read_settings

TODAY = dt.date(2026, 11, 26)  # a Thursday
BRANDS = {"ALPRO", "苹果", "耐克", "Nike", "花王"}
PLACES = {"杭州", "Hangzhou", "浙江", "New York", "三亚"}
SIGNS = {"is": "=", "not": "!=", "under": "<=", "over": ">=", "since": ">=", "until": "<=", "between": "="}
Y2025, Y2024 = "date=2025-01-01..2025-12-31", "date=2024-01-01..2024-12-31"

# sentence | filters | words that are left
TABLE = f"""
找去年海边穿红衣服的照片 | {Y2025} kind=photo | 海边穿红衣服 红色
2024年夏天在杭州拍的猫 | date=2024-06-01..2024-08-31 place=杭州 | 猫
200元以下的白色运动鞋 | price<=200 colour=white category=aa-8-1 | 运动鞋
不要黑色的双肩包 | colour!=black category=lb-1 | 双肩包
red dress last week | colour=red category=aa-1-4 date=2026-11-16..2026-11-22 | dress
上个月的照片 | date=2026-10-01..2026-10-31 kind=photo |
昨天的猫 | date=2026-11-25..2026-11-25 | 猫
前天的日落 | date=2026-11-24..2026-11-24 | 日落
大前天 | date=2026-11-23..2026-11-23 |
这周的会议 | date=2026-11-23..2026-11-29 | 会议
上周五 聚餐 | date=2026-11-20..2026-11-20 | 聚餐
上周末 | date=2026-11-21..2026-11-22 |
近三天 | date=2026-11-23..2026-11-26 |
最近两个月的猫 | date=2026-09-26..2026-11-26 | 猫
近半年 | date=2026-05-26..2026-11-26 |
三年前的合影 | date=2023-01-01..2023-12-31 | 合影
2023年5月 | date=2023-05-01..2023-05-31 |
5月1日 | date=2026-05-01..2026-05-01 |
12月25日的雪 | date=2025-12-25..2025-12-25 | 雪
2023年5月1号在三亚 | date=2023-05-01..2023-05-01 place=三亚 |
2024年春节 | date=2024-02-09..2024-02-16 |
去年国庆的照片 | date=2025-10-01..2025-10-08 kind=photo |
去年冬天的雪 | date=2025-12-01..2026-02-28 | 雪
2020年以后的猫 | date>=2020-01-01 | 猫
2020年之前的猫 | date<=2019-12-31 | 猫
从2020年到2022年的猫 | date=2020-01-01..2022-12-31 | 猫
2023年和2024年的猫 | date=2023-01-01..2024-12-31 | 猫
2020-2022年的猫 | date=2020-01-01..2022-12-31 | 猫
2024-05-01 | date=2024-05-01..2024-05-01 |
二〇二四年的猫 | {Y2024} | 猫
上个月初的猫 | date=2026-10-01..2026-10-10 | 猫
今年的猫 | date=2026-01-01..2026-12-31 | 猫
cats in summer 2024 | date=2024-06-01..2024-08-31 | cats
cats last year | {Y2025} | cats
cats since 2020 | date>=2020-01-01 | cats
cats before March 2024 | date<=2024-02-29 | cats
cats after March 2024 | date>=2024-04-01 | cats
cats in May | date=2026-05-01..2026-05-31 | cats
cats on May 1st, 2024 | date=2024-05-01..2024-05-01 | cats
cats on 1 May 2024 | date=2024-05-01..2024-05-01 | cats
cats between 2019 and 2021 | date=2019-01-01..2021-12-31 | cats
cats in the last 3 days | date=2026-11-23..2026-11-26 | cats
cats 3 days ago | date=2026-11-23..2026-11-23 | cats
cats last Friday | date=2026-11-20..2026-11-20 | cats
cats last summer | date=2026-06-01..2026-08-31 | cats
cats yesterday | date=2026-11-25..2026-11-25 | cats
the day before yesterday | date=2026-11-24..2026-11-24 |
photos from 2023 | kind=photo date=2023-01-01..2023-12-31 |
christmas 2023 | date=2023-12-24..2023-12-26 |
photos of cats taken in Hangzhou last year | kind=photo place=Hangzhou {Y2025} | cats
in New York | place=New York |
100到300元的双肩包 | price=100..300 category=lb-1 | 双肩包
100-300元 双肩包 | price=100..300 category=lb-1 | 双肩包
不超过50块的围巾 | price<=50 category=aa-2-26 | 围巾
一百元以内的围巾 | price<=100 category=aa-2-26 | 围巾
大于100元的围巾 | price>=100 category=aa-2-26 | 围巾
价格低于200的围巾 | price<=200 category=aa-2-26 | 围巾
不要超过200元 | price<=200 |
1.5万元以下的相机 | price<=15000 category=co-2 | 相机
1,299元以下的手机 | price<=1299 category=el-4-8-5 | 手机
200元左右的耳机 | price=160..240 category=el-2-2-7 | 耳机
100元以上300元以下 | price>=100 price<=300 |
￥２００以下的耳机 | price<=200 category=el-2-2-7 | 耳机
backpack under $50 | category=lb-1 price<=50 | backpack
backpacks between 100 and 200 yuan | category=lb-1 price=100..200 | backpacks
backpacks over 300 | category=lb-1 price>=300 | backpacks
backpacks $20 to $50 | category=lb-1 price=20..50 | backpacks
at least 30 euros | price>=30 |
藏青外套 | colour=blue category=aa-1-10 | 藏青外套
浅蓝色衬衫 | colour=blue category=aa-1-13-7 | 浅蓝色衬衫
大红围巾 | colour=red category=aa-2-26 | 大红围巾
紅色圍巾 | colour=red category=aa-2-26 | 圍巾
light blue shirt | colour=blue category=aa-1-13-7 | light blue shirt
orange dress | colour=orange category=aa-1-4 | dress
黑裤子 | colour=black category=aa-1-12 | 裤子
不是黑色的双肩包 | colour!=black category=lb-1 | 双肩包
除了红色以外的连衣裙 | colour!=red category=aa-1-4 | 连衣裙
红色除外的围巾 | colour!=red category=aa-2-26 | 围巾
不含红色的围巾 | colour!=red category=aa-2-26 | 围巾
不要黑色和红色的双肩包 | colour!=black colour!=red category=lb-1 | 双肩包
非黑色双肩包 | colour!=black category=lb-1 | 双肩包
not black backpack | colour!=black category=lb-1 | backpack
shoes without red | category=aa-8 colour!=red | shoes
backpack, no red | category=lb-1 colour!=red | backpack
anything but black | colour!=black |
不要运动鞋 | category!=aa-8-1 |
everything except sandals | category!=aa-8-6 |
ALPRO燕麦奶 | brand=ALPRO category=fb-1-10-3 | 燕麦奶
苹果牌手机 | brand=苹果 category=el-4-8-5 | 手机
品牌花王 | brand=花王 |
不要耐克的运动鞋 | brand!=耐克 category=aa-8-1 | 运动鞋
backpack not from Nike | category=lb-1 brand!=Nike | backpack
nike sandals | brand=Nike category=aa-8-6 | sandals
两个人的合影 | people=2 | 合影
三人 | people=3 |
三人合影 | people=3 | 合影
没有人的风景照片 | people=0 kind=photo | 风景
three people on the beach | people=3 | beach
no people, sunset | people=0 | sunset
红色商品 | colour=red kind=product |
小白鞋 | category=aa-8-8 | 小白鞋
真皮双肩包 | category=lb-1 | 真皮双肩包
有没有黑色的帽子 | colour=black category=aa-2-17 | 帽子
2024年5月1日到5月7日的照片 | date=2024-05-01..2024-05-07 kind=photo |
5月1日到7日的照片 | date=2026-05-01..2026-05-07 kind=photo |
cats between May and July 2024 | date=2024-05-01..2024-07-31 | cats
粉色T恤 100元内 | colour=red category=aa-1-13-8 price<=100 | 粉色T恤
价格在100到200之间的耳机 | price=100..200 category=el-2-2-7 | 耳机
想要一条红色的裙子 | colour=red | 裙子
# words that only look like facts
便宜的双肩包 | category=lb-1 | 便宜的双肩包
适合夏天穿的凉鞋 | category=aa-8-6 | 适合夏天穿的凉鞋
无糖饮料 | category=fb-1 | 无糖饮料
不锈钢水杯 | category=hg-11-3 | 不锈钢水杯
无线耳机 | category=el-2-2-7 | 无线耳机
不粘锅 | | 不粘锅
防水双肩包 | category=lb-1 | 防水双肩包
sugar-free drinks | category=fb-1 | sugar-free drinks
stainless cup | category=hg-11-10-5 | stainless cup
wireless headphones | category=el-2-2-7 | wireless headphones
500ml牛奶 | category=fb-1-9 | 500ml牛奶
42码运动鞋 | category=aa-8-1 | 42码运动鞋
2kg大米 | category=fb-2-11-9 | 2kg大米
18岁以下 | | 18岁以下
over 300 pages | | over 300 pages
kids over 3 | | kids over 3
满200元减50 | | 满200元减50
50元以下优惠券 | | 50元以下优惠券
3-5元/斤 | | 3-5元/斤
50%以下 | | 50%以下
2024年新款连衣裙 | category=aa-1-4 | 2024年新款连衣裙
2024年日历 | | 2024年日历
保质期到2025年5月 | | 保质期到2025年5月
best before March 2025 | | best before March 2025
summer 2024 collection | | summer 2024 collection
90年代 | | 90年代
1990年代的海报 | | 1990年代的海报
3个月宝宝 | | 3个月宝宝
春节海报 | | 春节海报
近视眼镜 | | 近视眼镜
八月桂花 | | 八月桂花
2月30日 | | 2月30日
2024年13月 | | 2024年13月
03/04/2026 | | 03/04/2026
march of the penguins | | march of the penguins
一千年前 | | 一千年前
这周边产品 | kind=product | 这周边
明年的计划 | | 明年的计划
红酒杯 | | 红酒杯
绿茶 | | 绿茶
黄瓜 | category=fb-2-10-8-17 | 黄瓜
黑色星期五 | | 黑色星期五
白色家电 | | 白色家电
蓝牙音箱 | category=el-2-2-10 | 蓝牙音箱
red bull | | red bull
orange juice | category=fb-1-7 | orange juice
红色或白色的围巾 | category=aa-2-26 | 红色或白色的围巾
black and white | | black and white
牛奶和饼干 | | 牛奶和饼干
不含牛奶 | | 不含牛奶
no photos | | no photos
200到300 | | 200到300
black-and-white dress | category=aa-1-4 | black-and-white dress
雪纺衬衫 | | 雪纺衬衫
运动鞋收纳盒 | | 运动鞋收纳盒
dress shoes | category=aa-8 | dress shoes
milk bottle | | milk bottle
wedding dress | | wedding dress
三人沙发 | category=fr-22 | 三人沙发
tent for 4 people | | tent for 4 people
无人机 | | 无人机
没有人工色素的饮料 | category=fb-1 | 没有人工色素的饮料
照片墙 | | 照片墙
photo frame | | photo frame
苹果手机 | category=el-4-8-5 | 苹果手机
杭州的猫 | | 杭州的猫
cats in Springfield | | cats in Springfield
隐藏的敏感条目 | | 隐藏的敏感条目
a woman in a red dress | | a woman in a red dress
不含酒精的饮料 | category=fb-1 | 不含酒精的饮料
' OR 1=1 -- | | ' OR 1=1 --
"milk" NEAR/3 butter* | | "milk" NEAR/3 butter*
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines() if not line.startswith("#")]


def asked(sentence):
    return understand(sentence, today=TODAY, brands=BRANDS, places=PLACES)


def shown(one):
    value = "..".join(f"{v:g}" if isinstance(v, float) else v for v in one.value) if one.op == "between" else one.value
    return f"{one.field}{SIGNS[one.op]}{f'{value:g}' if isinstance(value, float) else value}"


@pytest.mark.parametrize(("sentence", "filters", "words"), ROWS, ids=[row[0] for row in ROWS])
def test_a_sentence_is_understood_as(sentence, filters, words):
    found = asked(sentence)
    assert (" ".join(map(shown, found.filters)), found.words) == (filters, words)


def test_the_table_has_both_languages_and_what_only_looks_like_facts():
    assert len(ROWS) >= 120
    assert sum(row[0].isascii() for row in ROWS) >= 40


@pytest.mark.parametrize("sentence", [row[0] for row in ROWS])
def test_every_filter_says_where_it_came_from_and_how_it_reads(sentence):
    found = asked(sentence)
    assert len(found.chips) == len(found.filters)
    for before, chip in zip((None, *found.chips), found.chips, strict=False):
        assert 0 <= chip.start < chip.end <= len(sentence) and chip.zh and chip.en
        assert before is None or before.end <= chip.start


def test_a_chip_reads_in_both_languages():
    found = asked("200元以下的白色运动鞋")
    assert (found.chips[0].zh, found.chips[0].en) == ("价格 ≤ 200", "price ≤ 200")
    assert "200元以下的白色运动鞋"[found.chips[0].start : found.chips[0].end] == "200元以下"
    assert found.said("zh") == "理解为：价格 ≤ 200 · 颜色 白色 · 品类 运动鞋"
    assert found.said("en") == "Understood as: price ≤ 200 · colour white · category Sports shoes"


@pytest.mark.parametrize("nothing", ["", " ", "!!!", "，。？", "---", "\n\t", "（）", "¥$€"])
def test_only_punctuation_is_nothing(nothing):
    assert (asked(nothing).filters, asked(nothing).words) == ((), "")


def test_a_sentence_never_asks_for_what_is_hidden():
    for sentence in ("隐藏的", "hidden items", "sensitive photos", "敏感照片", "show hidden"):
        assert not {one.field for one in asked(sentence).filters} - {"kind"}


PUMPS = [
    *"9 的 , 年 在 两 百 \u3000 \U0001f600 \ud800".split(" "),
    "红色", "红色和", "不要", "不要红色", "小白鞋 ", "双肩包 红色 ", "200元以下", "2024年", "2024年5月1日到",
    "1,", "1.", "100-", "in ",
    "between ", "last ", "not ", "no red ", "杭州", "在杭州", "三人", "photos of ", "dress ",
    "0" * 50, "May 1, ", "' OR ", "的和在 ",
]  # fmt: skip


@pytest.mark.parametrize("pump", PUMPS)
def test_any_text_is_taken_in_time(pump):
    text = (pump * LONGEST)[:LONGEST]
    begun = time.perf_counter()
    found = asked(text)
    assert time.perf_counter() - begun < 2.5
    assert len(found.chips) == len(found.filters)
    found.model_dump_json()


def test_twice_the_text_takes_about_twice_the_time():
    text = "不要红色的双肩包 200元以下 2024年5月在杭州 " * 200
    half, whole = text[:2_500], text[:5_000]

    def taken_s(one):
        begun = time.perf_counter()
        asked(one)
        return time.perf_counter() - begun

    asked(half)
    assert min(taken_s(whole) for _ in range(3)) < 3.5 * min(taken_s(half) for _ in range(3)) + 0.02


def test_a_longer_text_is_no_sentence():
    found = asked("去年 " * LONGEST)
    assert found.filters == () and found.words.startswith("去年")


def test_an_even_sentence_keeps_every_place():
    for text in ("ﬁ紅ßＡ²", "İstanbul", "\ud83d", "é", "㍿元"):
        assert len(even(text)) == len(text)


def fill(catalogue):
    """A photo of Hangzhou and two goods of brands."""
    for name, fields in (
        ("cat.jpg", {"place": value("杭州, 浙江, 中国"), "summary": value("一只猫")}),
        ("milk.jpg", {"brand": value("ALPRO", sure=True), "summary": value("燕麦奶")}),
        ("tea.jpg", {"brand": value("东方树叶", sure=True), "summary": value("乌龙茶")}),
    ):
        item = catalogue.add([incoming(name.encode(), name)], who="a")
        catalogue.save(item.id, record(**fields))


@pytest.fixture
def kept(database, tmp_path):
    fill(open_catalogue(database, tmp_path))
    return database


def test_a_brand_and_a_place_of_the_catalogue_are_known(kept):
    known = known_names(kept)
    assert known.brands == {"ALPRO", "东方树叶"} and known.places == {"杭州", "浙江", "中国"}
    found = understood_in(kept, "在杭州拍的猫", TODAY)
    assert [shown(one) for one in found.filters] == ["place=杭州"] and found.words == "猫"
    assert [shown(one) for one in understood_in(kept, "东方树叶 乌龙茶", TODAY).filters] == ["brand=东方树叶"]
    assert understood_in(kept, "在北京拍的猫", TODAY).filters == ()


def test_names_that_only_a_hidden_item_has_are_known_to_nobody_who_does_not_ask(kept, tmp_path):
    """req: C10"""
    catalogue = open_catalogue(kept, tmp_path)
    tea = next(head.id for head in catalogue.list().items if "乌龙茶" in str(catalogue.get(head.id).values))
    catalogue.hide(tea, who="a")
    assert "东方树叶" not in known_names(kept).brands and "东方树叶" in known_names(kept, ("hidden",)).brands
    assert understood_in(kept, "东方树叶 乌龙茶", TODAY).filters == ()
    assert as_written(kept, "brand", ["东方树叶"]) == {}


def test_an_empty_catalogue_knows_no_names(database):
    assert known_names(database) == Known(frozenset(), frozenset())


@pytest.fixture
def client(tmp_path, house):
    """The API of a real house with three items."""
    opened = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    opened._perception = house.perception
    fill(Catalogue.opened(opened.settings, opened.database, opened.tasks))
    yield TestClient(create_app(opened), base_url="http://localhost:7860")
    opened.close()


def test_the_api_says_how_it_understood_and_can_be_told_not_to(client):
    found = client.post("/v1/search", data={"text": "ALPRO 燕麦奶"}).json()
    assert found["understood"]["filters"][0] == {"field": "brand", "op": "is", "value": "ALPRO"}
    assert found["understood"]["chips"][0] == {"start": 0, "end": 5, "zh": "品牌 ALPRO", "en": "brand ALPRO"}
    plain = client.post("/v1/search", data={"text": "ALPRO 燕麦奶", "plain": "true"}).json()
    assert plain["understood"] is None and plain["total"] >= 1


def test_the_command_line_says_on_stderr_how_it_understood(tmp_path, house):
    opened = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    fill(Catalogue.opened(opened.settings, opened.database, opened.tasks))
    opened.close()
    run, home = CliRunner(), {"TUJIAN_HOME": str(tmp_path), "TUJIAN_ENGINE": "none"}
    told = run.invoke(app, ["search", "在杭州", "--lang", "zh", "--json"], env=home)
    assert told.exit_code == 0 and told.stderr.strip() == "理解为：地点 杭州"
    assert len(told.stdout.splitlines()) == 1
    plain = run.invoke(app, ["search", "在杭州", "--plain", "--lang", "zh", "--json"], env=home)
    assert plain.exit_code == 0 and "理解为" not in plain.stderr


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("200元以下的有哪些", ""),
        ("200元以下的全部商品", ""),
        ("今年的所有商品", ""),
        ("去年的照片呢", ""),
        ("给我看去年的照片", ""),
        ("请问有200元以下的吗", ""),
        ("last week's photos", ""),
        ("what do you have under 200 yuan", ""),
        ("200元以下的所有牛奶", "牛奶"),
        ("商品里有没有牛奶", "牛奶"),
        ("去年的都市夜景", "都市夜景"),
        ("去年的呢子大衣", "呢子大衣"),
    ],
)
def test_what_only_opens_or_ends_a_question_is_not_searched_for(said, words):
    assert understand(said, today=TODAY).words == words
