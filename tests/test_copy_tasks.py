"""Dress, appearance, poster, safety and listing: what perception fills alone, and how a model is held to it.
req: B9, C2, C2b, C3, C4, C5, F2, F6"""

import json

import pytest
from drawn import line, percepts, picture

from tujian.engines.fake import FakeEngine
from tujian.knowledge import Knowledge
from tujian.recent import Looked
from tujian.recognise import recognise
from tujian.records import Record, Verdict
from tujian.tasks import Tasks

TASKS, KNOWLEDGE = Tasks.load(), Knowledge.load()
TAG = percepts(
    "品名：碎花连衣裙", "款号：A2108-31", "颜色：经典藏青", "号型：165/88A", "面料：95%棉 5%氨纶", "里料：100%聚酯纤维",
    "执行标准：GB/T 22849-2014", "安全类别：GB 18401-2010 B类", "手洗 不可漂白", "统一零售价：¥299", category="aa-1-4",
)  # fmt: skip
POSTER = percepts(
    text_lines=(
        line("夏日清凉节", 100, 90), line("冰丝防晒衣", 220, 60), line("亲肤透气", 320, 30), line("凉感面料", 370, 30),
        line("第二件半价", 450, 60), line("满300减50", 520, 60), line("到手价 ¥99", 620, 80), line("原价¥199", 720, 30),
        line("活动时间：6月1日-6月18日", 900, 30),
    )
)  # fmt: skip


def made(task: str, seen, engine=None, lang="zh") -> Record:
    return recognise(Looked(picture(), seen, 0.0), TASKS.get(task), engine, knowledge=KNOWLEDGE, lang=lang)


def said(**fields: object) -> FakeEngine:
    return FakeEngine(json.dumps(fields, ensure_ascii=False))


def test_auto_looks_at_a_dress_as_a_dress_and_at_a_shirt_as_apparel():
    assert TASKS.for_category("aa-1-4").name == "dress" and TASKS.for_category("aa-1-13-7").name == "apparel"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_dress_prompt_asks_the_five_things(lang):
    names = {field.name for field in TASKS.get("dress").asked}
    assert {"colours", "cut", "material", "touch", "audience", "outfit"} <= names
    prompt = TASKS.get("dress").prompt(lang)
    wanted = (
        ("柔雾粉", "经典藏青", "A字版型", "卡其色风衣+小白鞋") if lang == "zh" else ("navy", "A-line", "khaki trench")
    )
    assert all(word in prompt for word in wanted)


def test_a_tag_fills_the_dress_without_a_model():
    record = made("dress", TAG)
    assert record["name"].value == "碎花连衣裙" and record["style_number"].value == "A2108-31"
    assert record["colours"].value == ["经典藏青"] and record["size"].value == ["165/88A"]
    assert record["material"].value == ["95% 棉（面料）", "5% 氨纶（面料）", "100% 聚酯纤维（里料）"]
    assert record["standard"].value == "GB/T 22849-2014" and record["safety_class"].value == "B类"
    assert record["care"].value == ["手洗", "不可漂白"] and record["price"].value == "299.00 CNY"
    assert record["material"].verdict is Verdict.CONFIRMED
    assert [e.quote for e in record["material"].evidence][-1] == "里料：100%聚酯纤维"


def test_readers_of_english_get_english_fibres_and_classes():
    record = made("dress", TAG, lang="en")
    assert record["material"].value == ["95% cotton (shell)", "5% elastane (shell)", "100% polyester (lining)"]
    assert record["safety_class"].value == "class B"


def test_shares_that_do_not_add_up_go_to_review():
    record = made("dress", percepts("棉 60%", "聚酯纤维 35%"))
    assert record["material"].value == ["60% 棉", "35% 聚酯纤维"] and record["material"].verdict is Verdict.UNCHECKED
    assert any("95%" in reason for reason in record.review)


def test_a_model_that_names_another_fibre_is_contradicted_and_other_words_are_not():
    assert made("apparel", TAG, said(material=["100% 涤纶 100% 羊毛"]))["material"].verdict is Verdict.CONTRADICTED
    assert made("apparel", TAG, said(material=["Cotton 95%", "Lycra 5%"]))["material"].verdict is Verdict.CONFIRMED
    assert made("apparel", TAG, said(material=["棉质，很软"]))["material"].verdict is Verdict.CONFIRMED


@pytest.mark.parametrize(
    "style, colour", [("小白鞋", "白色"), ("纯白跑鞋", "纯白"), ("白色跑鞋", "米白色"), ("板鞋", "全白")]
)
def test_other_words_for_one_shoe_get_the_same_controlled_style_and_colour(style, colour):
    """req: C4"""
    seen = percepts(category="aa-8", colours=())
    record = made("apparel", seen, said(style=style, colour_group=colour))
    assert (record["style"].value, record["colour_group"].value) == ("休闲运动鞋", "白色")


def test_the_colour_group_is_measured_without_a_model():
    assert made("apparel", percepts())["colour_group"].value == "白色"
    assert made("dress", percepts(), lang="en")["colour_group"].value == "white"


def test_a_poster_is_read_without_a_model():
    record = made("poster", POSTER)
    assert record["headline"].value == "夏日清凉节"
    assert record["promotion"].value == ["第二件半价", "满300减50"]
    assert record["price"].value == "99.00 CNY" and record["original_price"].value == "199.00 CNY"
    assert record["period"].value == "6月1日-6月18日"
    assert record["selling_points"].value == ["亲肤透气", "凉感面料"]
    assert record["selling_points"].verdict is Verdict.UNCHECKED  # a guess by layout


def test_a_models_selling_points_outrank_the_guess_by_layout():
    assert made("poster", POSTER, said(selling_points=["凉感面料"]))["selling_points"].value == ["凉感面料"]


def test_an_invented_price_on_a_poster_is_caught():
    assert made("poster", POSTER, said(price="¥49"))["price"].verdict is Verdict.CONTRADICTED


def test_words_of_the_advertising_law_go_to_review_of_goods_and_not_of_albums():
    loud = percepts("全网最低价", "顶级羊绒", "最佳食用期30天")
    reasons = made("poster", loud).review
    assert any("全网最低价" in reason and "第九条" in reason for reason in reasons)
    assert any("不是法律意见" in reason for reason in reasons) and not any("最佳食用期" in reason for reason in reasons)
    assert any("art. 9(3)" in reason for reason in made("product", loud, lang="en").review)
    assert not any("第九条" in reason for reason in made("album", loud).review)
    assert not any("法律意见" in reason for reason in made("poster", POSTER).review)


def test_a_listing_that_a_model_writes_is_held_to_the_law():
    record = made("listing", percepts("纯牛奶"), said(detail="国家级品质，全国销量第一"))
    assert any("国家级" in reason for reason in record.review)


def test_the_first_filter_says_what_it_found_and_where():
    record = made("safety", percepts("全网最低价", "公民身份号码 11010519491231002X"))
    assert record["verdict"].value == "疑似违规" and len(record["reasons"].value) == 3
    assert any("不是法律意见" in reason for reason in record["reasons"].value)
    assert record["places"].value == ["左侧上方“全网最低价”"]
    assert record["reasons"].evidence[-1].box_1000 is not None
    assert not any("11010519491231002X" in reason for reason in record["reasons"].value)


@pytest.mark.parametrize("score, verdict", [(0.1, "未见问题"), (0.6, "拿不准"), (0.95, "疑似违规")])
def test_the_first_filter_is_honest_about_doubt(score, verdict):
    assert made("safety", percepts(nsfw=score))["verdict"].value == verdict


def test_nothing_found_gives_way_to_a_model_that_sees_something_and_a_finding_does_not():
    assert made("safety", percepts(), said(verdict="疑似违规"))["verdict"].value == "疑似违规"
    assert made("safety", percepts(nsfw=0.95), said(verdict="未见问题"))["verdict"].value == "疑似违规"


def test_a_listing_is_drafted_from_what_was_found_and_only_from_it():
    record = made("listing", percepts("ALPRO", "净含量 1 litre", "保质期9个月"))
    assert record["title_google"].value == "Alpro " + str(record["category"].value) + " 1 L"
    assert record["selling_points"].value == ["净含量：1 L", "保质期：9 个月"]
    assert str(record["detail"].value).startswith("Alpro ")
    assert record["title_taobao"].verdict is Verdict.UNCHECKED
    assert record["title_taobao"].evidence[0].by == "draft/1"


def test_a_draft_tells_the_colours_of_a_garment_and_not_those_of_a_pack():
    record = made("listing", percepts("号型：165/88A", category="aa-1-4"))
    assert record["title_google"].value == "连衣裙 白色、绿色 165/88A"


def test_a_poster_is_called_by_its_headline_when_nothing_else_is_known():
    assert made("poster", percepts("夏日清凉节", sure=False)).title == "夏日清凉节"


def test_a_listing_of_nothing_stays_empty():
    record = made("listing", percepts(sure=False, colours=()))
    assert record["title_taobao"].value is record["detail"].value is None


def test_titles_keep_to_their_channels_limits():
    fields = {field.name: field for field in TASKS.get("listing").fields}
    assert fields["title_taobao"].is_too_long("汉" * 31) and not fields["title_taobao"].is_too_long("汉" * 30)
    assert fields["title_google"].is_too_long("a" * 151) and fields["title_shopify"].is_too_long("a" * 256)
    long_name = percepts("品名：" + "加长" * 12, "ALPRO", "号型：165/88A(XL)", "净含量 1 litre")
    assert not fields["title_taobao"].is_too_long(str(made("listing", long_name)["title_taobao"].value))


def test_a_title_of_a_models_that_a_channel_would_refuse_goes_to_review():
    record = made("listing", percepts(), said(title_taobao="很" * 40))
    assert any("比渠道允许的长" in reason for reason in record.review)
