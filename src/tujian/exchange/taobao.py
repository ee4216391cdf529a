"""Taobao-style data package: the CSV of Taobao's desktop assistant as it was in 2019. req: F5

Enters: articles. Leaves: UTF-16 with tabs: a line with the version, one with English and one with Chinese headings,
then a line an item. Titles keep the channel's 60 bytes of GBK. Category numbers are the platform's own and come from
the user's `taobao_categories.txt`. The form is a legacy one: try it with a live account before relying on it.
Does not know: places, postage, stock, the platform's property numbers; these stay empty and it says so.
"""

from collections.abc import Iterable, Iterator, Sequence

from tujian.exchange.nouns import DESCRIPTIONS, GENERATED, Article, Losses, Piece, Terms, public_name, title_names
from tujian.exchange.shopify import description
from tujian.sheet_writing import csv_rows

VERSION = "version 1.00"
COLUMNS = tuple(
    pair.split("=")
    for pair in """title=宝贝名称 cid=宝贝类目 seller_cids=店铺类目 stuff_status=新旧程度 location_state=省
    location_city=城市 item_type=出售方式 price=宝贝价格 auction_increment=加价幅度 num=宝贝数量
    valid_thru=有效期 freight_payer=运费承担 post_fee=平邮 ems_fee=EMS express_fee=快递 has_invoice=发票
    has_warranty=保修 approve_status=放入仓库 has_showcase=橱窗推荐 list_time=开始时间 description=宝贝描述
    cateProps=宝贝属性 postage_id=邮费模版ID has_discount=会员打折 modified=修改时间
    upload_fail_msg=上传状态 picture_status=图片状态 auction_point=返点比例 picture=新图片 video=视频
    skuProps=销售属性组合 inputPids=用户输入ID串 inputValues=用户输入名-值对 outer_id=商家编码
    propAlias=销售属性别名 auto_fill=代充类型 num_id=数字ID local_cid=本地ID navigation_type=宝贝分类
    user_name=用户名称 syncStatus=宝贝状态 is_lighting_consigment=闪电发货 is_xinpin=新品
    foodparame=食品专项 features=尺码库 buyareatype=采购地 global_stock_type=库存类型
    global_stock_country=国家地区 sub_stock_type=库存计数 item_size=物流体积 item_weight=物流重量
    sell_promise=退换货承诺 custom_design_flag=定制工具 wireless_desc=无线详情 barcode=商品条形码
    sku_barcode=sku条形码 newprepay=7天退货 subtitle=宝贝卖点 cpv_memo=属性值备注
    input_custom_cpv=自定义属性值 qualification=商品资质 add_qualification=增加商品资质
    o2o_bind_service=关联线下服务""".split()
)
TITLES = title_names("title_taobao")
USED = ("category", "price", "selling_points", "barcode")
TITLE_BYTES, POINT_CHARS = 60, 150
NEW, FIXED_PRICE = "1", "1"  # stuff_status, item_type
BOM = b"\xff\xfe"


def write_taobao(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Piece]:
    yield Piece("taobao.csv", BOM)
    rows = _rows(articles, terms, losses)
    yield from (Piece("taobao.csv", line) for line in csv_rows(rows, delimiter="\t", encoding="utf-16-le"))


def _rows(articles: Iterable[Article], terms: Terms, losses: Losses) -> Iterator[Sequence[str]]:
    yield [VERSION]
    yield [name for name, _ in COLUMNS]
    yield [chinese for _, chinese in COLUMNS]
    for article in articles:
        row = _row(article, terms, losses)
        losses.defused(article.named, row.values())
        losses.unused(article, USED, TITLES, DESCRIPTIONS)
        yield [row.get(name, "") for name, _ in COLUMNS]


def _row(article: Article, terms: Terms, losses: Losses) -> dict[str, str]:
    title, by_model = article.title("title_taobao")
    cut = _in_gbk(title, TITLE_BYTES)
    if cut != title:
        losses.add(article.named, f"标题超过 {TITLE_BYTES} 字节，已截断", f"title over {TITLE_BYTES} bytes, cut")
    if by_model and not article.is_generated(*DESCRIPTIONS, "selling_points"):
        losses.add(article.named, "标题由模型所写，淘宝没有标明的地方", "a model's title, which Taobao has no mark for")
    losses.add(
        article.named,
        "省市、运费、库存、宝贝属性要在淘宝填写",
        "place, postage, stock and the platform's properties are to be filled in there",
    )
    return {
        "title": cut,
        "cid": _category(article, terms, losses),
        "stuff_status": NEW,
        "item_type": FIXED_PRICE,
        "price": _price(article, losses),
        "description": description(article),
        "picture": _pictures(article, losses),
        "outer_id": article.item.sku or article.item.external_id or "",
        "barcode": article.words("barcode"),
        "subtitle": _points(article),
    }


def _category(article: Article, terms: Terms, losses: Losses) -> str:
    """The platform's number for the category or the nearest one above it that the user has mapped."""
    lineage = terms.taxonomy.lineage(article.category.id) if article.category else []
    names = [name for step in reversed(lineage) for name in (step.id, step.zh, step.en)]
    found = next((terms.own_categories[name] for name in names if name in terms.own_categories), "")
    if not found:
        losses.add(
            article.named,
            "没有淘宝类目编号（写进 taobao_categories.txt，如 连衣裙=50010850）",
            "no category number of the platform (write it into taobao_categories.txt)",
        )
    return found


def _price(article: Article, losses: Losses) -> str:
    price = article.priced(losses)
    if price is None or price.currency not in ("CNY", ""):
        losses.add(article.named, "没有人民币价格", "no price in yuan")
        return ""
    return price.digits


def _pictures(article: Article, losses: Losses) -> str:
    """`name:1:place:|address;` for each: kind 1 is a picture of the article."""
    urls = article.picture_urls(losses)
    stems = [public_name(picture).rpartition(".")[0] for picture in article.item.pictures]
    return "".join(f"{stem}:1:{place}:|{url};" for place, (stem, url) in enumerate(zip(stems, urls, strict=False)))


def _points(article: Article) -> str:
    points = " ".join(article.several("selling_points"))
    label = GENERATED[article.terms.lang] if points and article.is_generated("selling_points") else ""
    return f"{points[: POINT_CHARS - len(label)]}{label}"


def _in_gbk(text: str, most_bytes: int) -> str:
    """`text` within so many bytes, a Chinese character being two.

    >>> _in_gbk("纯牛奶 250ml", 8)
    '纯牛奶 2'
    """
    room, kept = most_bytes, ""
    for char in text:
        room -= 1 if char.isascii() else 2
        if room < 0:
            break
        kept += char
    return kept
