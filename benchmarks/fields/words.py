"""The vocabulary that products are made of. Companies, addresses and unlisted brands are invented.

Names under LISTED_* stand in the project's brand list; those under UNLISTED stand nowhere but on these pictures.
"""

LISTED_FOOD = ("伊利", "蒙牛", "君乐宝", "娃哈哈", "康师傅", "三只松鼠", "良品铺子", "百草味", "好丽友", "达利园", "海天",
               "李锦记", "洽洽", "Arla", "Alpro", "Valio", "Lindt", "Milka", "Ferrero", "Nestlé", "Barilla", "Lipton",
               "Tropicana", "Oreo", "Danone", "Wahaha", "Lay's", "Pringles")  # fmt: skip
LISTED_DRESS = ("李宁", "安踏", "特步", "太平鸟", "海澜之家", "波司登", "优衣库", "Nike", "adidas", "PUMA", "FILA",
                "UNIQLO", "Levi's", "LI-NING", "New Balance")  # fmt: skip
LISTED_POSTER = ("伊利", "蒙牛", "瑞幸", "星巴克", "李宁", "安踏", "欧莱雅", "薇诺娜", "Nike", "UNIQLO", "Starbucks",
                 "华为", "小米", "三只松鼠", "Nestlé", "良品铺子")  # fmt: skip
UNLISTED = ("溪畔原麦", "云岭小栈", "柚子山", "拾谷记", "北纬禾场", "青藤里", "满月食堂", "鹿野家", "素年锦食", "松果村",
            "半亩桑田", "喜禾堂", "江南渔火", "蓝岸牧歌", "穗香园", "白鹭洲", "三月燕", "茉白", "槐序", "森屿衣舍",
            "木棉时节", "澜衣社", "Hazelbrook", "Nordhavn", "Pebblemill", "Lumora", "Quaywood", "Tarnfield", "Velora",
            "Brindle & Oak", "Sunmere", "Oatfolk")  # fmt: skip
# product: name zh, name en, unit, ingredients, nutrition ranges (energy kJ, protein, fat, carbohydrate, sugars, sodium mg)
FOODS = (
    ("海盐苏打饼干", "SEA SALT CRACKERS", "g", "biscuit", (1750, 2150, 7, 11, 14, 26, 60, 72, 2, 9, 300, 900)),
    ("黄油曲奇", "BUTTER COOKIES", "g", "biscuit", (2000, 2300, 4, 7, 22, 32, 58, 68, 20, 34, 120, 420)),
    ("每日混合坚果", "MIXED NUTS", "g", "nuts", (2100, 2600, 12, 22, 38, 55, 15, 38, 6, 20, 20, 380)),
    ("奶盐味葵花籽", "SUNFLOWER SEEDS", "g", "nuts", (2200, 2500, 19, 26, 45, 54, 12, 20, 1, 5, 300, 900)),
    ("低脂纯牛奶", "LOW FAT MILK", "ml", "dairy", (180, 290, 3, 4, 1, 4, 4, 6, 4, 6, 45, 70)),
    ("原味风味酸乳", "YOGHURT DRINK", "g", "yoghurt", (300, 420, 2, 4, 2, 4, 9, 14, 8, 13, 50, 90)),
    ("蓝莓果粒酸奶", "BLUEBERRY YOGHURT", "g", "yoghurt", (330, 450, 2, 4, 2, 4, 11, 16, 10, 15, 45, 85)),
    ("NFC橙汁", "ORANGE JUICE", "ml", "juice", (170, 210, 0, 1, 0, 0, 9, 12, 8, 11, 0, 20)),
    ("无糖乌龙茶饮料", "OOLONG TEA", "ml", "tea", (0, 10, 0, 0, 0, 0, 0, 1, 0, 0, 5, 20)),
    ("气泡白桃饮料", "SPARKLING PEACH", "ml", "soda", (0, 160, 0, 0, 0, 0, 0, 9, 0, 9, 5, 40)),
    ("鲜虾鱼板拉面", "SHRIMP RAMEN", "g", "noodles", (1500, 1950, 7, 11, 12, 20, 55, 68, 2, 6, 1500, 2600)),
    ("荞麦挂面", "BUCKWHEAT NOODLES", "g", "drynoodles", (1400, 1550, 9, 13, 1, 3, 66, 75, 0, 3, 200, 900)),
    ("特级初榨橄榄油", "EXTRA VIRGIN OLIVE OIL", "ml", "oil", (3300, 3700, 0, 0, 91, 100, 0, 0, 0, 0, 0, 5)),
    ("零添加酱油", "SOY SAUCE", "ml", "sauce", (250, 420, 6, 11, 0, 0, 6, 14, 3, 9, 5200, 7100)),
    ("香辣牛肉酱", "SPICY BEEF SAUCE", "g", "chilli", (1500, 2400, 5, 11, 30, 55, 10, 22, 4, 12, 1500, 3100)),
    ("可可脂黑巧克力", "DARK CHOCOLATE 72%", "g", "chocolate", (2200, 2500, 7, 10, 38, 48, 34, 46, 20, 32, 5, 60)),
    ("山楂果丹皮", "HAWTHORN ROLLS", "g", "fruit", (1150, 1350, 0, 2, 0, 1, 68, 80, 50, 70, 40, 220)),
    ("冻干草莓脆", "FREEZE-DRIED STRAWBERRY", "g", "freeze", (1450, 1650, 4, 8, 1, 3, 76, 88, 40, 60, 10, 90)),
    ("速溶黑咖啡粉", "INSTANT COFFEE", "g", "coffee", (1100, 1450, 12, 18, 0, 1, 55, 72, 0, 6, 20, 120)),
    ("即食燕麦片", "INSTANT OATS", "g", "oats", (1500, 1680, 11, 15, 6, 9, 58, 68, 0, 3, 0, 15)),
    ("手撕风干牛肉", "BEEF JERKY", "g", "beef", (1100, 1450, 38, 52, 6, 15, 8, 20, 4, 14, 1300, 2300)),
    ("麻辣香干", "SPICY TOFU", "g", "tofu", (750, 1250, 12, 20, 8, 20, 6, 18, 1, 8, 900, 1900)),
    ("桂花酸梅汤", "PLUM DRINK", "ml", "plum", (150, 220, 0, 0, 0, 0, 9, 13, 8, 13, 10, 40)),
    ("五常稻花香米", "FRAGRANT RICE", "g", "rice", (1430, 1500, 6, 8, 0, 1, 76, 80, 0, 0, 0, 10)),
)
INGREDIENTS = {
    "biscuit": (
        "小麦粉",
        "植物油",
        "白砂糖",
        "黄油(≥8%)",
        "全脂乳粉",
        "鸡蛋液",
        "食用盐",
        "麦芽糖浆",
        "海藻糖",
        "膨松剂(碳酸氢钠、碳酸氢铵)",
        "单,双甘油脂肪酸酯",
        "食用香精",
    ),
    "nuts": ("扁桃仁", "腰果", "核桃仁", "榛子仁", "蔓越莓干", "葡萄干", "葵花籽", "食用盐", "奶粉", "甜蜜素", "八角"),
    "dairy": ("生牛乳",),
    "yoghurt": (
        "生牛乳(≥80%)",
        "白砂糖",
        "蓝莓果酱",
        "乳清蛋白粉",
        "果胶",
        "保加利亚乳杆菌",
        "嗜热链球菌",
        "琼脂",
        "双乙酰酒石酸单双甘油酯",
    ),
    "juice": ("鲜榨橙汁(98%)", "橙果肉(2%)"),
    "tea": ("水", "乌龙茶茶叶", "维生素C", "碳酸氢钠"),
    "soda": ("水", "赤藓糖醇", "白桃汁", "二氧化碳", "柠檬酸", "柠檬酸钠", "三氯蔗糖", "山梨酸钾", "食用香精"),
    "noodles": (
        "小麦粉",
        "棕榈油",
        "淀粉",
        "食用盐",
        "脱水虾仁",
        "鱼板",
        "谷氨酸钠",
        "碳酸钾",
        "碳酸钠",
        "瓜尔胶",
        "5'-呈味核苷酸二钠",
        "脱水香葱",
    ),
    "drynoodles": ("小麦粉", "荞麦粉(≥30%)", "水", "食用盐"),
    "oil": ("特级初榨橄榄油",),
    "sauce": ("水", "非转基因大豆", "小麦", "食用盐", "白砂糖", "酵母提取物"),
    "chilli": (
        "菜籽油",
        "辣椒",
        "牛肉(≥15%)",
        "豆瓣酱",
        "黄豆酱",
        "白砂糖",
        "食用盐",
        "花椒",
        "芝麻",
        "大蒜",
        "生姜",
        "味精",
        "辣椒红",
    ),
    "chocolate": ("可可液块", "可可脂", "白砂糖", "全脂乳粉", "磷脂", "聚甘油蓖麻醇酯", "食用香精(香兰素)"),
    "fruit": ("山楂", "白砂糖", "麦芽糖", "饮用水", "柠檬酸", "山梨酸钾"),
    "freeze": ("草莓(100%)",),
    "coffee": ("速溶咖啡粉(阿拉比卡咖啡豆)",),
    "oats": ("燕麦片", "燕麦麸皮"),
    "beef": ("牛肉", "白砂糖", "酿造酱油", "食用盐", "辣椒", "花椒", "香辛料", "D-异抗坏血酸钠", "亚硝酸钠"),
    "tofu": ("大豆", "水", "菜籽油", "辣椒", "食用盐", "白砂糖", "花椒", "谷氨酸钠", "脱氢乙酸钠", "硫酸钙"),
    "plum": ("水", "白砂糖", "乌梅", "山楂", "桂花", "陈皮", "甘草", "柠檬酸"),
    "rice": ("稻谷",),
}
INGREDIENTS_EN = {
    "biscuit": (
        "wheat flour",
        "sunflower oil",
        "sugar",
        "butter (12%)",
        "whole milk powder",
        "egg",
        "sea salt",
        "raising agent (E500)",
        "natural flavouring",
    ),
    "nuts": ("almonds", "cashew nuts", "walnuts", "hazelnuts", "dried cranberries", "sunflower oil", "sea salt"),
    "yoghurt": ("milk", "blueberries (8%)", "sugar", "modified maize starch", "pectin", "live yogurt cultures"),
    "chocolate": ("cocoa mass", "cocoa butter", "cane sugar", "emulsifier (soya lecithin)", "vanilla extract"),
    "oats": ("wholegrain rolled oats", "oat bran"),
    "soda": ("carbonated water", "peach juice (6%)", "citric acid", "sodium citrate", "sucralose"),
}
ALLERGENS = {"biscuit": ("含麸质的谷物", "乳制品", "蛋类"), "nuts": ("坚果", "花生"), "dairy": ("乳制品",),
             "yoghurt": ("乳制品",), "noodles": ("含麸质的谷物", "甲壳类", "鱼类"), "drynoodles": ("含麸质的谷物",),
             "sauce": ("大豆", "含麸质的谷物"), "chilli": ("大豆", "芝麻"), "chocolate": ("乳制品", "大豆"),
             "tofu": ("大豆",)}  # fmt: skip
ALLERGENS_EN = {"biscuit": ("wheat", "milk", "egg"), "nuts": ("almonds", "cashew nuts", "walnuts", "hazelnuts"),
                "yoghurt": ("milk",), "chocolate": ("soya",), "oats": ("oats",)}  # fmt: skip
STANDARDS = {"biscuit": "GB/T 20980", "nuts": "GB/T 22165", "dairy": "GB 25190", "yoghurt": "GB 19302",
             "juice": "GB/T 31121", "tea": "GB/T 21733", "soda": "GB/T 10792", "noodles": "GB 17400",
             "drynoodles": "LS/T 3212", "oil": "GB/T 23347", "sauce": "GB/T 18186", "chilli": "SB/T 10612",
             "chocolate": "GB/T 19343", "fruit": "GB/T 31318", "freeze": "GB/T 23787", "coffee": "Q/LMK 0007S",
             "oats": "GB 19640", "beef": "GB/T 23969", "tofu": "GB/T 23494", "plum": "GB/T 31121",
             "rice": "GB/T 1354"}  # fmt: skip
STORAGE = ("请置于阴凉干燥处，避免阳光直射", "常温保存，开封后请冷藏并于3日内饮用完毕", "2-6℃冷藏保存", "阴凉、通风、干燥处贮存",
           "密封常温保存，避免高温及阳光直射", "请存放于阴凉干燥处，开封后请尽快食用", "0℃～4℃冷藏，开启后请当日食用",
           "避免日晒，置于清洁、干燥、无异味的地方")  # fmt: skip
STORAGE_EN = ("Store in a cool, dry place away from direct sunlight", "Keep refrigerated at 2-6°C. Once opened consume "
              "within 3 days", "Keep in a cool and dry place", "Store below 25°C in an airtight container")  # fmt: skip
PLACES = (("浙江省杭州市", "余杭区良渚街道荷塘路"), ("广东省潮州市", "潮安区庵埠镇工业大道"), ("福建省漳州市", "龙海区浮宫镇丹宅"),
          ("河北省石家庄市", "栾城区裕翔街"), ("四川省成都市", "郫都区安德街道永安路"), ("江苏省苏州市", "太仓市沙溪镇岳王路"),
          ("山东省烟台市", "莱山区盛泉西路"), ("安徽省合肥市", "肥东县撮镇镇龙塘路"), ("湖南省长沙市", "浏阳市健康大道"),
          ("上海市", "奉贤区奉城镇航塘公路"), ("云南省昆明市", "嵩明县杨林镇嘉丽路"), ("黑龙江省哈尔滨市", "五常市龙凤山镇"))  # fmt: skip
COMPANY_NAMES = (
    "禾润",
    "味之源",
    "鼎盛",
    "荷塘",
    "百谷",
    "嘉穗",
    "丰语",
    "海澄",
    "绿森",
    "谷满仓",
    "锦麟",
    "悦然",
    "明厨",
    "天沐",
)
COMPANY_KINDS = ("食品有限公司", "食品科技有限公司", "食品股份有限公司", "农业发展有限公司", "食品(集团)有限公司")
FOREIGN = (("法国", "France", "Laiterie du Val d'Aure S.A."), ("意大利", "Italy", "Oleificio Sant'Elmo S.p.A."),
           ("新西兰", "New Zealand", "Tasman Harvest Foods Ltd"), ("瑞典", "Sweden", "Nordhav Livsmedel AB"),
           ("泰国", "Thailand", "Siam Orchard Foods Co., Ltd."), ("德国", "Germany", "Kornfeld Backwaren GmbH"),
           ("英国", "United Kingdom", "Brindle & Oak Foods Ltd"), ("西班牙", "Spain", "Aceites La Ribera S.L."))  # fmt: skip
SLOGANS = ("开袋即食", "0反式脂肪", "甄选好原料", "唤醒每一天", "非油炸", "满口酥香", "自然好味道", "低温慢烤", "匠心工艺",
           "原产地直采", "轻食新选择", "一口就爱上", "儿时的味道", "减糖30%", "高蛋白", "REAL TASTE", "NON-FRIED",
           "SINCE 1987", "NATURAL", "CRISPY & LIGHT", "FAMILY PACK", "NEW", "独立小包装", "家庭装", "图片仅供参考")  # fmt: skip
GARMENTS = (("圆领短袖T恤", "T恤"), ("翻领POLO衫", "POLO"), ("高腰直筒牛仔裤", "牛仔裤"), ("V领针织开衫", "针织衫"),
            ("连帽卫衣", "卫衣"), ("轻薄羽绒服", "羽绒服"), ("A字半身裙", "半身裙"), ("碎花连衣裙", "连衣裙"),
            ("男式长袖衬衫", "衬衫"), ("休闲九分裤", "休闲裤"), ("双面呢大衣", "大衣"), ("速干运动短裤", "运动短裤"))  # fmt: skip
COLOURS = ("藏青", "米白色", "雾霾蓝", "深灰", "卡其色", "酒红", "军绿色", "黑色", "浅驼色", "奶油白", "牛仔蓝", "豆沙粉",
           "漂白", "炭黑", "焦糖色", "樱花粉", "墨绿", "燕麦色", "香槟金", "湖蓝")  # fmt: skip
FIBRES = ("棉", "聚酯纤维", "粘纤", "氨纶", "锦纶", "腈纶", "羊毛", "桑蚕丝", "亚麻", "莱赛尔纤维", "莫代尔")
FIBRES_EN = {"棉": "COTTON", "聚酯纤维": "POLYESTER", "粘纤": "VISCOSE", "氨纶": "ELASTANE", "锦纶": "NYLON", "腈纶": "ACRYLIC",
             "羊毛": "WOOL", "桑蚕丝": "SILK", "亚麻": "LINEN", "莱赛尔纤维": "LYOCELL", "莫代尔": "MODAL"}  # fmt: skip
GARMENT_STANDARDS = ("GB/T 22849-2014", "FZ/T 73020-2019", "FZ/T 81007-2022", "GB/T 2660-2017", "FZ/T 73005-2021",
                     "GB/T 14272-2021", "FZ/T 81006-2017", "GB/T 22853-2019", "FZ/T 81004-2012")  # fmt: skip
CLASSES = {"A": "婴幼儿纺织产品", "B": "直接接触皮肤的产品", "C": "非直接接触皮肤的产品"}
CARE = (
    "轻柔手洗",
    "不可漂白",
    "悬挂晾干",
    "中温熨烫",
    "深浅色分开洗涤",
    "不可干洗",
    "最高洗涤温度30℃",
    "反面熨烫",
    "不可翻转干燥",
)
HEADLINES = ("夏日清凉节", "年中大促", "开学焕新季", "周年庆", "会员狂欢日", "新品首发", "冬日暖心价", "囤货节", "618理想生活节",
             "春日上新", "双十一预售", "超级品牌日", "清仓特卖", "踏青野餐季", "咖啡续命日", "换季护肤周")  # fmt: skip
POSTER_GOODS = (("低糖燕麦拿铁", ("0反式脂肪", "冷萃12小时", "轻盈不负担", "阿拉比卡咖啡豆")),
                ("轻量缓震跑鞋", ("回弹中底", "透气网面", "防滑耐磨", "单只仅198克")),
                ("玻尿酸保湿面霜", ("72小时长效保湿", "敏感肌适用", "不含酒精", "质地清爽")),
                ("羽绒轻暖外套", ("90%白鹅绒", "防风防泼水", "轻至320克", "可机洗")),
                ("高蛋白希腊酸奶", ("蛋白质加倍", "0蔗糖添加", "三重菌种发酵", "浓醇顺滑")),
                ("每日坚果礼盒", ("7种坚果果干", "充氮锁鲜", "独立小包装", "送礼体面")),
                ("降噪蓝牙耳机", ("主动降噪", "40小时续航", "双设备连接", "IPX5防水")),
                ("智能扫拖机器人", ("激光导航", "自动集尘", "6000Pa大吸力", "语音控制")),
                ("冰丝防晒衣", ("UPF50+", "凉感面料", "可收纳", "亲肤透气")),
                ("鲜榨西梅汁", ("NFC非浓缩还原", "3斤西梅榨1瓶", "膳食纤维满满", "低温冷链")))  # fmt: skip
