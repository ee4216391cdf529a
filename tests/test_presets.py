"""The published prompts: one file, offered on the page and in the chat, answered as free questions and as tasks.
req: A4, A5, A6, A8, B1, B8, B9, C2b, C3, C5, D9, D10, D11"""

import pytest
from drawn import percepts, picture

from tujian.engines.fake import FakeEngine
from tujian.knowledge import Knowledge
from tujian.presets import preset, presets
from tujian.recent import Looked
from tujian.recognise import recognise
from tujian.tasks import CHAT_SAMPLING, Tasks
from tujian.web.render import Reader, render_chat, render_page

KNOWLEDGE, TASKS = Knowledge.load(), Tasks.load()
CARTON = percepts("净含量 250mL", "保质期9个月", "蓝牙耳机 IPX5")
PRINTED = {  # as REQUIREMENTS.md prints them, up to the closing sign and the width of commas
    "A4": ["请用中文描述这张图片"],
    "A5": ["请用中文详细描述这张商品图片的内容,包括品类、颜色、用途等信息"],
    "A6": ["请识别这是什么商品,是否适合送礼?"],
    "A8": ["请判断该商品属于哪个一级类目,并生成5个关键词标签"],
    "A10": ["这个耳机防水吗?"],
    "B1": ["请列出图中所有成分", "这个产品的保质期是什么时候", "提取图片中的所有文字"],
    "B8": ["请提取图中所有文字信息并标注位置"],
    "B9": ["这张海报主打什么卖点?目标人群是谁?"],
    "C2b": ["请描述这张图片中的商品外观特征", "请从颜色、款式、材质、适用场景四个方面进行描述",
            "请从颜色、款式、目标人群、穿着场景四个维度描述此商品", "请列出画面中所有可见商品"],
    "C5": ["请判断图中是否存在品牌LOGO侵权、裸露或违禁广告元素"],
    "D9": ["请列出画面中所有的咖啡相关设备及其品牌"],
    "D10": ["这款护肤品的品牌和主要功效是什么?"],
    "D11": ["请翻译标签上的主要内容"],
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("，", ",").replace("？", "?").rstrip("。")


@pytest.mark.parametrize("req, text", [(req, text) for req, texts in PRINTED.items() for text in texts])
def test_every_printed_prompt_stands_in_the_file_under_its_number(req, text):
    assert any(one.req == req and plain(one.words.zh) == text for one in presets())


def test_names_differ_and_every_task_is_there():
    assert len({one.name for one in presets()}) == len(presets())
    assert {one.task for one in presets()} <= set(TASKS.names())
    assert preset("describe").words.zh == "请用中文描述这张图片"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_are_offered_on_the_page_and_in_the_chat(lang):
    pages = (render_page(Reader(lang), []), render_chat(Reader(lang), [], CHAT_SAMPLING))
    assert all(f'data-word="prompt_{one.name}"' in page for one in presets() for page in pages)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("one", presets(), ids=lambda one: one.name)
def test_each_is_asked_of_an_engine_word_for_word(one, lang):
    engine = FakeEngine("看到一盒牛奶。")
    question = one.words.of(lang)
    record = recognise(Looked(picture(), CARTON, 0.0), TASKS.get("describe"), engine, knowledge=KNOWLEDGE, lang=lang,
                       question=question)  # fmt: skip
    assert question in engine.questions[0].prompt and engine.questions[0].schema is None
    assert record.answer == "看到一盒牛奶。"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("one", presets(), ids=lambda one: one.name)
def test_each_gets_an_honest_answer_without_an_engine(one, lang):
    look = Looked(picture(), CARTON, 0.0)
    record = recognise(look, TASKS.get("describe"), None, knowledge=KNOWLEDGE, lang=lang, question=one.words.of(lang))
    assert record.answer and "250mL" in record.answer
    assert ("没有连接" if lang == "zh" else "No vision-language model") in record.answer


@pytest.mark.parametrize("one", presets(), ids=lambda one: one.name)
def test_the_task_for_the_same_wish_makes_a_record_with_and_without_an_engine(one):
    look, task = Looked(picture(), CARTON, 0.0), TASKS.get(one.task)
    bare = recognise(look, task, None, knowledge=KNOWLEDGE)
    asked = recognise(look, task, FakeEngine("{}"), knowledge=KNOWLEDGE)
    assert set(bare.fields) == set(asked.fields) == {field.name for field in task.fields}
