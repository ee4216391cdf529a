"""The Transformers child: a server on a random port of 127.0.0.1, `python -P -m tujian.engines.transformers_child`.

Enters, on stdin's first line: `Orders`. Leaves: its address on stdout once it can answer; on stderr, when it cannot,
one line that says why. Does not know who asks, or what. It never reaches a hub: files are read from the folder alone.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tujian.engines.lifeline import Lifeline
from tujian.engines.transformers_folder import Weights, read_folder
from tujian.errors import TujianError

WARM_UP_SIDE_PX = 64  # two by two cells: the shortest way through every part of the network


class Orders(BaseModel):
    """What a parent may say. `context` counts prompt and answer together; `threads` are torch's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Path
    key: str = Field(min_length=8)
    name: str | None = None
    context: int = Field(default=8192, ge=64)
    threads: int = Field(default=1, ge=1)
    queue: int = Field(default=8, ge=0)
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    quantise: Literal["4bit"] | None = None


def main() -> None:
    """Serve until SIGTERM or until the parent is gone; exit 1 with a last word when the model cannot be used."""
    lifeline = Lifeline()
    # no hub is asked, whatever the user's environment says; set before Transformers is imported
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    try:
        _serve(lifeline, Orders.model_validate(lifeline.settings))
    except TujianError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    lifeline.wait()


def _serve(lifeline: Lifeline, orders: Orders) -> None:
    weights = read_folder(orders.model)
    server = _server(weights, orders)
    threading.Thread(target=server.serve_forever, daemon=True, name="http").start()
    lifeline.ready(server.url)


def _server(weights: Weights, orders: Orders) -> Any:  # noqa: ANN401 - its module loads Pillow, and that is work
    from tujian.engines.transformers_http import Server
    from tujian.engines.transformers_model import Model

    model = Model(
        weights,
        context=orders.context,
        threads=orders.threads,
        dtype=orders.dtype,
        device=orders.device,
        quantise=orders.quantise,
    )
    _warm_up(model)
    meta = {
        "enforces_schema": False,
        "n_ctx": model.context,
        "n_ctx_train": weights.longest_context,
        "n_params": weights.parameters,
        "size": weights.stored_bytes,
        "dtype": "4bit" if orders.quantise else model.dtype,
        "device": model.device,
    }
    return Server(model, name=orders.name or weights.name, key=orders.key, queue=orders.queue, meta=meta)


def _warm_up(model: Any) -> None:  # noqa: ANN401
    """One token about a grey picture: the first question finds everything in place, or the start fails and says why."""
    from PIL import Image

    from tujian.engines.transformers_chat import Chat

    grey = Image.new("RGB", (WARM_UP_SIDE_PX, WARM_UP_SIDE_PX), "grey")
    shown = {"type": "image_url", "image_url": {"url": "data:"}}
    chat = Chat.model_validate(
        {"messages": [{"role": "user", "content": [shown, {"type": "text", "text": "?"}]}], "max_tokens": 1}
    )
    model.speak(chat, model.prepare(chat, [grey]), lambda _: None, threading.Event())


if __name__ == "__main__":
    main()
