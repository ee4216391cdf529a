"""Makes `text_det_int8.onnx`: RapidOCR's own text detector in 8 bits, about four times as quick on one core.

Enters: PP-OCRv6_det_small.onnx as it ships in the rapidocr package (Apache-2.0), drawn text cards for calibration.
Leaves: src/tujian/data/models/text_det_int8.onnx. Every operator that can be is quantised (weights per channel, QDQ);
what that costs in lines read stands in docs/decisions.md: nothing that could be counted.

    python train/quantise_text.py --font NotoSansCJK-Regular.ttc
"""

import argparse
import random
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image, ImageDraw, ImageFilter, ImageFont

OUT = Path(__file__).parents[1] / "src/tujian/data/models/text_det_int8.onnx"
PHRASES = (
    "净含量 250ml", "保质期9个月", "生产日期 2026-05-01", "配料表：生牛乳、白砂糖、食用盐", "Energy 268kJ",
    "PRESSED APPLE", "营养成分表", "第二件半价", "Milk 3.0%", "¥39.90", "6901234567892", "请置于阴凉干燥处",
    "MADE IN CHINA", "红富士苹果", "蛋白质 3.2g", "超值优惠装", "カルシウム", "ORGANIC", "100% COTTON", "新品上市",
)  # fmt: skip
SIZES_PX = ((480, 640), (640, 480), (640, 832), (736, 736), (384, 512))
CARDS = 48


class Cards(CalibrationDataReader):
    """Drawn cards as the detector wants them: (1, 3, h, w) float32 in -1..1, BGR."""

    def __init__(self, font: str, seed: int = 0) -> None:
        self._random, self._font = random.Random(seed), font
        self._left = CARDS

    def get_next(self) -> dict[str, np.ndarray] | None:
        if self._left == 0:
            return None
        self._left -= 1
        pixels = np.asarray(self._card(), np.float32)[..., ::-1] / 255
        return {"x": ((pixels - 0.5) / 0.5).transpose(2, 0, 1)[None].astype(np.float32)}

    def _card(self) -> Image.Image:
        draw = self._random
        width, height = draw.choice(SIZES_PX)
        top, bottom = (np.array([draw.randrange(256) for _ in "rgb"], np.float32) for _ in range(2))
        ramp = np.linspace(0, 1, height)[:, None, None]
        noise = np.random.default_rng(self._left).normal(0, draw.choice((0, 6, 20)), (height, width, 3))
        card = Image.fromarray(np.clip(top * (1 - ramp) + bottom * ramp + noise, 0, 255).astype(np.uint8))
        for _ in range(draw.randrange(0, 12)):
            self._write(card)
        return card.filter(ImageFilter.GaussianBlur(draw.choice((0, 0, 0.8, 1.6))))

    def _write(self, card: Image.Image) -> None:
        draw = self._random
        text, font = draw.choice(PHRASES), ImageFont.truetype(self._font, draw.choice((12, 18, 28, 44, 72)))
        patch = Image.new("L", (int(font.getlength(text)) + 8, int(font.size * 1.5)))
        ImageDraw.Draw(patch).text((4, 2), text, font=font, fill=255)
        patch = patch.rotate(draw.choice((0, 0, 0, 7, -12, 30)), expand=True)
        ink = tuple(draw.randrange(256) for _ in "rgb")
        card.paste(ink, (draw.randrange(-20, card.width), draw.randrange(-10, card.height)), patch)


def quantise(font: str, out: Path = OUT) -> None:
    source = files("rapidocr").joinpath("models/PP-OCRv6_det_small.onnx")
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        raised = Path(folder) / "opset17.onnx"  # per-channel weights need opset 13 or later; the model comes as 11
        onnx.save(version_converter.convert_version(onnx.load(str(source)), 17), raised)
        quant_pre_process(str(raised), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            prepared, out, Cards(font), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            reduce_range=True,  # 7 bits: without VNNI 8 x 8 bits overflow their 16-bit sums
        )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", required=True, help="a font with Chinese, e.g. Noto Sans CJK")
    quantise(parser.parse_args().font)
    print(f"{OUT.name}: {OUT.stat().st_size / 1e6:.1f} MB")
