"""What a day's script would do: one expression a field over the plain text that RapidOCR returns by default.

Enters: text. Leaves: values by field name. The line to beat.
"""

import re
from typing import Any

_AFTER = r"[：:】\s]*(?:\([^)]*\))?[：:】\s]*"
_PATTERNS = {
    "name": rf"(?:品\s?名|产品名称|食品名称|(?<!产品)名称|Product name){_AFTER}(.+)",
    "brand": rf"(?:品\s?牌|商标|Brand){_AFTER}(.+)",
    "net_content": rf"(?:净\s?含\s?量|规格|NET W\w+\.?|Net \w+){_AFTER}(\S.*)",
    "production_date": rf"(?:生产日期|制造日期|MFG|Production date){_AFTER}(.+)",
    "best_before": rf"(?:保质期至|有效期至|此日期前最佳|EXP|Best before){_AFTER}(.+)",
    "shelf_life": rf"(?:保\s?质\s?期|Shelf life){_AFTER}(.*(?:月|天|日|年|month|day).*)",
    "ingredients": rf"(?:配\s?料表?|原料|Ingredients){_AFTER}(.+)",
    "allergens": rf"(?:过敏原\w*|致敏\w*|食物过敏提示|Contains|Allergens){_AFTER}(?:本产品)?(?:含有?)?(.+)",
    "nutrition_basis": r"(?:每|per )\s?(\d+\s?(?:g|ml|克|毫升))",
    "energy": r"(?:能量|Energy)\s*(.+)",
    "protein": r"(?:蛋白质|Protein)\s*(.+)",
    "fat": r"(?<!酸)(?:脂肪|Fat)\s*(\d.*)",
    "carbohydrate": r"(?:碳水化合物|Carbohydrate)\s*(.+)",
    "sugars": r"(?:[—-一]?糖|sugars)\s*(\d.+)",
    "sodium": r"钠\s*(\d.+)",
    "salt": r"(?<![a-z] )Salt\s*(.+)",
    "storage": rf"(?:贮存条件|储存方法|保存方法|贮存方法|储藏条件|Storage){_AFTER}(.+)",
    "producer": rf"(?:生产商|制造商|生产企业|生产者(?:名称)?|生产厂家|制造单位|Manufacture\w*(?: by)?){_AFTER}(.+)",
    "origin": rf"(?:原?产地|Country of origin|Origin|Product of){_AFTER}(.+)",
    "licence": r"(SC\d{14})",
    "standard": r"((?:GB|FZ|LS|SB|Q)\s?/?\s?[A-Z]*\s?\d{4,5}[A-Z]?(?:\.\d)?(?:-\d{4})?)",
    "barcode": r"(?<!\d)(\d{13})(?!\d)",
    "price": r"([¥￥]\s?\d[\d.]*|\d[\d.]*\s?元)",
    "original_price": rf"(?:原价|日常价|门市价|吊牌价){_AFTER}(.+)",
    "period": r"(\d{1,4}[.年月].*\d+[日]?\s?[-—至]\s?.*\d+日?)",
    "style_number": rf"(?:款\s?号|货\s?号|款式编号){_AFTER}(.+)",
    "safety_class": r"(?<![A-Z])([ABC])类",
    "colours": rf"(?:颜\s?色|色号|花色){_AFTER}(.+)",
    "size": rf"(?:号\s?型|规格|尺码|SIZE){_AFTER}(.+)",
    "promotion": r"(满\d+减\d+|第[二2]件\S+|买\S赠?送?\S|\d折\S*)",
    "material": r"((?:\d+(?:\.\d+)?%\s?[\u4e00-\u9fff]+|[\u4e00-\u9fff]+\s?\d+(?:\.\d+)?%).*)",
}  # fmt: skip


def read_fields(text: str, names: list[str]) -> dict[str, Any]:
    """The first match of each field's expression."""
    found = {name: re.search(_PATTERNS[name], text, re.I) for name in names if name in _PATTERNS}
    return {name: match[1].strip() for name, match in found.items() if match and match[1].strip()}
