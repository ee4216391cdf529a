"""A small server that keeps the page's side of the API contract with canned answers and a drawn picture.

What enters: what the page posts. What leaves: the record of one carton, a preview, the errors of the contract.
What it does not know: Tujian's heart; the API's own tests are elsewhere.
"""

import io
import socket
import threading
import time

import uvicorn
from fastapi import FastAPI, Form, UploadFile
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from PIL import Image, ImageDraw, ImageFont

from tujian.settings import Settings
from tujian.web import Marks, page_router, static_dir

SIZE_PX = (600, 800)
HOSTILE = "<img src=x onerror=alert(1)>"
PRINTED = {  # what the drawn carton says, and where (0-1000)
    "ALPINA": [180, 150, 560, 235],
    "APPLE JUICE": [420, 300, 800, 350],
    "500 ml": [200, 800, 380, 850],
    "6901234567892": [560, 820, 860, 930],
    HOSTILE: [180, 600, 820, 640],
}
SAMPLES = [
    {"file": "carton.png", "title_zh": "果汁盒", "title_en": "Juice carton"},
    {"file": "tag.png", "title_zh": "价签", "title_en": "Price tag"},
    {"file": "table.png", "title_zh": "营养成分表", "title_en": "Nutrition table"},
]


def draw_carton() -> bytes:
    picture = Image.new("RGB", SIZE_PX, "#d9d2c3")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((90, 60, 510, 780), fill="#f4f1e8", outline="#8a8171", width=3)
    pen.ellipse((260, 300, 480, 470), fill="#b8402a")
    for text, (x1, y1, x2, _) in PRINTED.items():
        wanted_px, at_100 = (x2 - x1) * SIZE_PX[0] / 1000, ImageFont.load_default(size=100).getlength(text)
        font = ImageFont.load_default(size=100 * wanted_px / at_100)
        pen.text((x1 * SIZE_PX[0] / 1000, y1 * SIZE_PX[1] / 1000), text, fill="#1d3b2a", font=font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def evidence(source, text=None, by="ppocr-v6", confidence=0.98):
    return [{"source": source, "box_1000": PRINTED.get(text), "quote": text, "confidence": confidence, "by": by}]


def field(value, verdict, proof=(), candidates=()):
    return {
        "value": value,
        "verdict": verdict,
        "confidence": 0.9,
        "evidence": list(proof),
        "candidates": list(candidates),
    }


def canned_record(lang="zh", engine=None):
    fields = {
        "category": field("果汁", "unchecked", evidence("classifier", by="lite2"))
        | {
            "id": "fb-1",
            "top3": [
                {"value": "果汁", "id": "fb-1", "confidence": 0.93},
                {"value": "牛奶", "id": "fb-2", "confidence": 0.04},
            ],
        },
        "brand": field("ALPINA", "confirmed", evidence("ocr", "ALPINA")),
        "flavour": field("苹果汁", "confirmed", evidence("ocr", "APPLE JUICE")),
        "net": field(
            "1 L",
            "contradicted",
            evidence("ocr", "500 ml"),
            [{"value": "500 ml", "confidence": 0.97, "evidence": evidence("ocr", "500 ml")}],
        ),
        "barcode": field("6901234567892", "confirmed", evidence("barcode", "6901234567892", "zxing-cpp")),
        "colour": field(["米白", "红"], "unchecked", evidence("colour", by="kmeans")),
        "scene": field("早餐", "unchecked", evidence("model", by="qwen3-vl")),
        "price": field("=1+2", "human", evidence("person", by="Li Lei")),
        "origin": field(None, "unseen"),
    }
    labels = dict(
        zip(fields, ["类别", "品牌", "口味", "净含量", "条码", "颜色", "适用场景", "价格", "产地"], strict=True)
    )
    return {
        "picture": {
            "path": "carton.png",
            "sha256": "0" * 64,
            "format": "PNG",
            "size_px": list(SIZE_PX),
            "taken_at": None,
            "gps": None,
            "quality": ["字太小，请补拍"],
        },
        "task": "product",
        "recipe": "9f31c2d4e5f6",
        "made_with": {},
        "schema_version": "1",
        "lang": lang,
        "title": "ALPINA 苹果汁" if lang == "zh" else "ALPINA apple juice",
        "tags": ["果汁", "苹果", "早餐"],
        "labels": labels if lang == "zh" else {name: name.title() for name in fields},
        "fields": fields,
        "items": [],
        "text_lines": [
            {"text": text, "box_1000": box, "quad_px": [], "confidence": 0.97} for text, box in PRINTED.items()
        ],
        "barcodes": [
            {"format": "EAN-13", "text": "6901234567892", "valid": True, "box_1000": PRINTED["6901234567892"]}
        ],
        "colours": [
            {"zh": "米白", "en": "ivory", "hex": "#f4f1e8", "share": 0.62},
            {"zh": "红", "en": "red", "hex": "#b8402a", "share": 0.09},
        ],
        "faces": [],
        "safety": {"nsfw": 0.01},
        "sensitive": [],
        "description": "一盒苹果汁，米白色纸盒，正面有红苹果。",
        "review": ["净含量与图不符"],
        "timings_ms": {"total": 143.0, "text": 101.0, "labels": 12.0},
        "engine": engine,
    }


ITEMS = [
    {
        "box_1000": [150, 75, 500, 975],
        "confidence": 0.97,
        "fields": {
            "brand": field("ALPINA", "confirmed", evidence("ocr", "ALPINA")),
            "colours": field(["米白", "红"], "unchecked", evidence("colour", by="kmeans")),
            "text": field(HOSTILE, "confirmed", evidence("ocr", HOSTILE)),
        },
    },
    {"box_1000": [520, 300, 860, 930], "confidence": None, "fields": {"brand": field(None, "unseen")}},
]


class FakeApi:
    """The contract of /v1 with canned answers; it keeps what it was asked and how many were in work together."""

    def __init__(self):
        self.asked, self.busy_left, self.now, self.most, self.previews = [], 0, 0, 0, 0
        self.engine = None
        self.items = []
        self.app = FastAPI()
        self.app.include_router(page_router(Settings(lang="zh"), lambda: Marks(self.engine), SAMPLES))
        self.app.mount("/static", StaticFiles(directory=static_dir))
        self.app.get("/v1/tasks")(self.tasks)
        self.app.get("/samples/{file}")(lambda file: Response(draw_carton(), media_type="image/png"))
        self.app.post("/v1/preview")(self.preview)
        self.app.post("/v1/records")(self.records)

    def tasks(self):
        return {"tasks": [{"name": "product", "title": {"zh": "商品", "en": "Product"}, "fields": []}]}

    def preview(self):
        self.previews += 1
        out = io.BytesIO()
        Image.open(io.BytesIO(draw_carton())).convert("RGB").save(out, "JPEG")
        return Response(out.getvalue(), media_type="image/jpeg")

    def records(
        self,
        image: UploadFile | None = None,
        url: str = Form(""),
        task: str = Form("auto"),
        lang: str = Form("zh"),
        question: str = Form(""),
    ):
        name = image.filename if image else url
        self.asked.append({"name": name, "task": task, "lang": lang, "question": question})
        if self.busy_left:
            self.busy_left -= 1
            return JSONResponse({"error": {"type": "Busy", "message": "忙", "remedy": "等"}}, 429, {"Retry-After": "1"})
        if "broken" in name:
            error = {"type": "DecodeFailed", "message": "图片坏了。", "remedy": "请换一张。"}
            return JSONResponse({"error": error}, 422)
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(0.15)
        self.now -= 1
        record = canned_record(lang, self.engine) | {"items": self.items}
        return record | {"answer": f"没有接模型。看到：ALPINA。{HOSTILE}"} if question else record


class Served:
    def __init__(self):
        self.api = FakeApi()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = uvicorn.Server(uvicorn.Config(self.api.app, port=self.port, log_level="warning"))
        threading.Thread(target=self.server.run, daemon=True).start()
        while not self.server.started:
            time.sleep(0.02)
