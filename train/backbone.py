"""Let the backbone read pictures of any shape: the weights stay, the fixed 260 x 260 px of its input go.

    python train/backbone.py --original efficientnet-lite2-int8.onnx [--out FILE]

Enters: the int8 ONNX file as it was converted. Leaves: the one that ships. Not known here: what the features mean.
"""

import argparse
from pathlib import Path

import onnx

from tujian.perception.labels import BACKBONE_FILE


def main() -> None:
    parser = argparse.ArgumentParser(description="Free the height and width of the backbone's input.")
    parser.add_argument("--original", type=Path, required=True, help="the file with a fixed input")
    parser.add_argument("--out", type=Path, default=BACKBONE_FILE, help="file to write")
    asked = parser.parse_args()
    onnx.save(freed(onnx.load(asked.original)), asked.out)


def freed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph and weights, its input (batch, 3, height, width) of any size: all layers are convolutions."""
    sides = model.graph.input[0].type.tensor_type.shape.dim
    sides[2].dim_param, sides[3].dim_param = "height", "width"
    del model.graph.value_info[:]  # sizes between layers were worked out for 260 px
    return model


if __name__ == "__main__":
    main()
