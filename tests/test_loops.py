"""A model that goes round in circles is found; long lists and tables are not taken for circles. req: A16, B13"""

import json

import pytest

from tujian.engines.loops import is_looping

NUTRIENTS = (
    "能量 蛋白质 脂肪 饱和脂肪 碳水化合物 糖 膳食纤维 钠 钙 铁 "
    "锌 维生素A 维生素C 维生素D 维生素E 叶酸 烟酸 生物素 胆碱 镁"
).split()
ROWS = [{"name": name, "per_100g": f"{n * 1.7:.1f} g", "nrv": f"{n * 3 % 41}%"} for n, name in enumerate(NUTRIENTS * 2)]


@pytest.mark.parametrize(
    "text",
    [
        "红色的杯子，" * 40,
        "a" * 300,
        '{"brand": "x", ' + " " * 400,
        "The label says ALPRO. " * 12,
        "0.1, 0.1, 0.1, " * 30,
        "第1项：很好喝。第2项：很好喝。" + "很好喝。很好看。" * 40,
        "".join(f"{'好喝' if n % 3 else '好看'}的牛奶，" for n in range(400)),  # no single piece, hardly anything new
    ],
)
def test_a_circle_is_found(text):
    assert is_looping(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "一盒燕麦奶，白色纸盒，绿色盖子，适合早餐。",
        json.dumps(ROWS, ensure_ascii=False),
        json.dumps(ROWS, ensure_ascii=False, indent=4),
        "、".join(f"商品{n}" for n in range(400)),
        json.dumps([{"bbox_2d": [n, 2 * n, n + 40, 2 * n + 30], "label": f"cup {n}"} for n in range(60)]),
        "-" * 40 + "\n| a | b |\n" + "-" * 40,
        "哈" * 20,
    ],
)
def test_long_lists_tables_and_laughter_are_no_circles(text):
    assert not is_looping(text)
    assert not any(is_looping(text[:end]) for end in range(0, len(text), 200))  # as it is looked at while it comes
