"""The models that `tujian models` offers, as `data/models.toml` lists them. req: A2

Enters: a name as somebody writes it (`qwen3-vl-2b`, `Qwen3-VL-8B:Q8_0`). Leaves: an Offer: files, sizes, licence.
Does not know: what is installed, what fits, any hub.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tujian.engines.memory import Shape
from tujian.errors import BadSettings
from tujian.folding import fold

Local = Literal["llama.cpp", "transformers"]


class _Variant(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    engine: Local
    repository: str
    weights: str
    weights_bytes: int = Field(gt=0)
    mmproj: str | None = None
    mmproj_bytes: int = 0
    others: tuple[str, ...] = ()
    exact: bool = False


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    title: str
    parameters_b: float
    eyes_b: float
    licence: str
    kv_bytes_per_token: int
    shape: Shape
    variant: tuple[_Variant, ...]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")
    default_variant: str
    model: tuple[_Model, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """One model in one quantisation. `name` is MODEL:VARIANT; sizes are within 1 % unless `exact`."""

    name: str
    title: str
    engine: Local
    repository: str
    weights: str
    weights_bytes: int
    mmproj: str | None
    mmproj_bytes: int
    others: tuple[str, ...]
    exact: bool
    parameters: float
    eye_parameters: float
    licence: str
    kv_bytes_per_token: int
    shape: Shape
    is_default: bool

    @property
    def variant(self) -> str:
        return self.name.partition(":")[2]

    @property
    def short_name(self) -> str:
        """As short as it may be written: the default variant goes without saying."""
        return self.name.partition(":")[0] if self.is_default else self.name

    @property
    def bytes(self) -> int:
        """What is fetched."""
        return self.weights_bytes + self.mmproj_bytes

    @property
    def patterns(self) -> tuple[str, ...]:
        """Which files of the repository."""
        return (self.weights, *((self.mmproj,) if self.mmproj else ()), *self.others)


def read_offers() -> tuple[Offer, ...]:
    """Every model in every variant, smallest model first."""
    table = _Table.model_validate(tomllib.loads(files("tujian").joinpath("data/models.toml").read_text("utf-8")))
    return tuple(
        Offer(
            name=f"{model.name}:{variant.name}",
            **model.model_dump(include={"title", "licence", "kv_bytes_per_token"}),
            parameters=model.parameters_b * 1e9,
            eye_parameters=model.eyes_b * 1e9,
            shape=model.shape,
            **variant.model_dump(exclude={"name"}),
            is_default=variant.name == table.default_variant,
        )
        for model in table.model
        for variant in model.variant
    )


def find_offer(wish: str, offers: Sequence[Offer]) -> Offer:
    """The offer called MODEL or MODEL:VARIANT, however its letters and hyphens are written.

    Raises BadSettings with the nearest name.

    >>> find_offer("Qwen/Qwen3-VL-2B-Instruct:Q8_0", read_offers()).name
    'qwen3-vl-2b:q8_0'
    """
    model, _, variant = wish.rpartition("/")[2].partition(":")
    wanted = fold(model).removesuffix("gguf").removesuffix("instruct")
    same = [offer for offer in offers if fold(offer.name.partition(":")[0]) == wanted]
    for offer in same:
        if fold(offer.variant) == fold(variant) or (not variant and offer.is_default):
            return offer
    known = [offer.short_name for offer in same or offers]
    near = difflib.get_close_matches(wish.lower(), known, 1, 0.0)[0]
    raise BadSettings(
        zh=(f"没有叫 {wish} 的模型。", f"您是不是要 {near}？可选：{'、'.join(known)}。"),
        en=(f"There is no model called {wish}.", f"Did you mean {near}? There are: {', '.join(known)}."),
    )
