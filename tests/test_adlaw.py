"""Advertising-law words: what is flagged, what everyday speech is not, and what the 2023 guide lets pass. req: F6"""

import pytest
from drawn import lines

from tujian.rules.adlaw import disclaimer, find_absolute_terms, find_in_text, flagged

FLAGGED = """
全网最低价，错过再等一年
国家级工艺，匠心打造
本产品采用世界级配方
全国销量第一的电饭煲
行业第一品牌
中国第一品牌空调
No.1 护眼台灯
TOP1 爆款面膜
史上最强续航
最好用的拖把
最便宜的纸巾就在这里
顶级羊绒，奢华体验
极品大红袍
顶尖科技加持
最先进的生产线
最安全的儿童座椅
最正宗的四川火锅底料
世界领先的净水技术
遥遥领先的影像系统
领导品牌，值得信赖
全球首创双核驱动
绝无仅有的设计
独一无二的香味
销量冠军
市面上唯一通过认证的产品
唯一有效的祛斑霜
最受欢迎的儿童牙膏
最畅销的手机壳
治疗失眠，一觉到天亮
本品可降血压、降血糖
消炎止痛，涂抹即可
这款蜂蜜能抗癌防癌
活血化瘀，补肾壮阳
药妆级修护面霜
七天见效，无效退款
100%有效，零副作用
国家免检产品
一周瘦10斤，永不反弹
祖传秘方，特效祛痘
人民大会堂专用茶叶
机关特供酒
保本保息，稳赚不赔
考试一次包过，不过退款
地铁旁好房，升值空间巨大
不醉不归，喝出健康
""".strip().splitlines()

ORDINARY = """
最小包装：500g
第一次使用前请用热水清洗
首次开机请充电三小时
执行国家标准 GB/T 22849-2014
最佳赏味期：开封后3天
最佳食用方法：冷藏后口感更佳
最佳食用期 12个月
最高温度不超过 60℃
最大承重 150kg
最低起订量 100 件
最小起订 10 箱
最近上新
最后三天
最多可容纳 8 人
最新款连衣裙
本店最新款已到货
顾客第一，诚信经营
质量第一 用户至上
我们力求做到最好
追求极致，永不止步
努力成为行业第一
《极品飞车》正版游戏
第一步：打开盖子
第一层为纯棉面料
第一时间为您发货
第一季 全12集
我最喜欢的一件毛衣
宝宝最爱的绘本
荣获2021年度最佳设计奖
国家级非物质文化遗产代表性项目
2022年上海市保温杯销量第一（数据来源：某某咨询）
最好在开封后24小时内饮用
本品不能代替药物治疗
等级：特级
唯一编码：69012345
绝对湿度小于 80%
彻底煮熟后食用
最低温度 -18℃
本系列最轻的一款行李箱
BEST BEFORE 2027.05.01
万能胶水 50ml
温度最高 30℃ 手洗
统一零售价 ¥299
净含量 250ml 保质期 9 个月
纯牛奶 蛋白质 3.6g
第二件半价 满300减50
如有不适请及时就医
""".strip().splitlines()


@pytest.mark.parametrize("sentence", FLAGGED)
def test_what_the_law_speaks_of_is_flagged_with_article_and_reason(sentence):
    found = flagged(find_in_text(sentence))
    assert found and found[0].word in sentence
    assert "条" in found[0].article_zh and "art" in found[0].article_en and found[0].reason_zh and found[0].reason_en


@pytest.mark.parametrize("sentence", ORDINARY)
def test_ordinary_words_and_what_the_guide_lets_pass_are_not(sentence):
    assert flagged(find_in_text(sentence)) == []


def test_there_are_enough_sentences_of_both_kinds():
    assert len(FLAGGED) >= 40 and len(ORDINARY) >= 40


@pytest.mark.parametrize(
    "sentence, source",
    [("质量第一", "5(1)"), ("力求做到最好", "5(2)"), ("本品牌最畅销的一款", "6(1)"), ("最佳食用期30天", "6(2)"),
     ("符合 GB/T 14456 最高级", "6(3)"), ("《极品飞车》", "6(4)"), ("荣获最佳创意奖", "6(5)"),
     ("2023年全国销量第一", "6(6)")],
)  # fmt: skip
def test_an_exemption_is_named_with_its_article(sentence, source):
    (found,) = find_in_text(sentence)
    assert found.exempt and found.exemption and source in found.exemption.source
    assert found.exemption.reason_zh in found.say("zh") and found.exemption.reason_en in found.say("en")


def test_medicine_and_registered_health_food_have_rules_of_their_own():
    assert flagged(find_in_text("增强免疫力"))
    assert not flagged(find_absolute_terms(lines("增强免疫力", "国食健注G20200001")))
    assert not flagged(find_absolute_terms(lines("消炎止痛", "国药准字Z20200001")))


def test_a_finding_on_a_picture_has_its_line_and_a_word_is_told_once():
    read = lines("夏日大促", "全网最低价", "全网最低价")
    (found,) = find_absolute_terms(read)
    assert found.line is read[1] and found.sure


def test_it_says_that_it_is_no_legal_advice():
    assert "不是法律意见" in disclaimer("zh") and "no legal advice" in disclaimer("en")
