"""The record: what a picture shows, field by field, each value with its evidence and a verdict.

Enters: values that `reconcile.py` settled. Leaves: JSON whose schema `GET /v1/schema` publishes.
Does not know: where claims come from, how they are weighed, how a page shows them.
"""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tujian.errors import Lang
from tujian.geometry import Box1000

SCHEMA_VERSION = "1"

Source = Literal["barcode", "ocr", "colour", "classifier", "face", "exif", "rule", "model", "person"]
Scalar = str | int | float | bool
FieldValue = Scalar | list[str] | None


def in_words(value: FieldValue, lang: Lang) -> str:
    """A value as a person reads it, wherever one is shown; "" for none.

    >>> in_words(["红色", "白色"], "zh"), in_words(["red", "white"], "en")
    ('红色、白色', 'red, white')
    >>> in_words(True, "en"), in_words(False, "zh"), in_words(None, "zh")
    ('yes', '否', '')
    >>> in_words(1.5, "en"), in_words(2.0, "en"), in_words(1234567.5, "en"), in_words("1 L", "en")
    ('1.5', '2', '1234567.5', '1 L')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[lang][value]
    if isinstance(value, list):
        return ("、" if lang == "zh" else ", ").join(value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


class Verdict(StrEnum):
    """How far a value is to be trusted."""

    CONFIRMED = "confirmed"  # read on the picture, or said by the model and read as well
    CONTRADICTED = "contradicted"  # the same kind of fact was read with another value
    UNCHECKED = "unchecked"  # nothing on the picture speaks for or against it
    UNSEEN = "unseen"  # nobody saw it; the value is null
    HUMAN = "human"  # a person set it


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Evidence(Strict):
    """Where a value was seen, and by whom."""

    source: Source
    by: str = Field(description="model or rule that saw it, with version")
    confidence: float | None = Field(default=None, ge=0, le=1)
    box_1000: Box1000 | None = Field(default=None, description="x1, y1, x2, y2; 0-1000 of the upright picture")
    quote: str | None = Field(default=None, description="the text as read, or as the model put it")
    picture: int = Field(default=0, ge=0, description="0: the record's `picture`; 1: the first of `more_pictures`")


class Candidate(Strict):
    """A value that did not win. Nothing that anybody claimed is thrown away."""

    value: FieldValue
    id: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    evidence: list[Evidence] = []


class Guess(Strict):
    """One of the classifier's best three."""

    value: str
    id: str
    confidence: float = Field(ge=0, le=1)


class Value(Strict):
    """One field of a record."""

    value: FieldValue = None
    id: str | None = Field(default=None, description="controlled identity, e.g. a taxonomy id")
    unit: str | None = None
    verdict: Verdict = Verdict.UNSEEN
    confidence: float | None = Field(default=None, ge=0, le=1)
    reason: str | None = Field(default=None, description="why the verdict is what it is, in the record's language")
    top3: list[Guess] | None = Field(default=None, description="for categories, also where the value abstains")
    evidence: list[Evidence] = []
    candidates: list[Candidate] = []


class PictureFacts(Strict):
    path: str
    sha256: str
    format: str
    size_px: tuple[int, int] = Field(description="width, height of the upright original")
    taken_at: str | None = None
    gps: tuple[float, float] | None = Field(default=None, description="latitude, longitude in degrees")
    camera: str | None = None
    quality: list[str] = Field(default=[], description="what is wrong with the picture itself, and what to do")
    notes: list[str] = Field(default=[], description="what was done to decode it, e.g. only its first frame")


class TextFound(Strict):
    text: str
    box_1000: Box1000
    quad_px: list[tuple[float, float]]
    confidence: float
    picture: int = 0


class UnreadFound(Strict):
    """A place where text stands, large and clear enough, that could not be read: another script, it may be."""

    box_1000: Box1000
    picture: int = 0


class BarcodeFound(Strict):
    format: str
    text: str
    valid: bool | None = Field(description="check digit right; null where the symbology has none")
    box_1000: Box1000
    picture: int = 0


class ColourFound(Strict):
    zh: str
    en: str
    hex: str
    share: float


class FaceFound(Strict):
    box_1000: Box1000
    confidence: float


class SensitiveFound(Strict):
    kind: str
    reason: str


class EngineUsed(Strict):
    """The language model that was asked."""

    kind: str
    url: str | None
    model: str
    remote: bool = Field(description="the picture left this machine")


class Item(Strict):
    """One product of several in a picture."""

    box_1000: Box1000 | None
    fields: dict[str, Value]
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="that the box holds one product, as perception sees it; null: a model's"
    )
    notes: list[str] = Field(default=[], description="what was mended, e.g. a box with its corners swapped")


class Record(Strict):
    """What one picture shows."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    picture: PictureFacts
    more_pictures: list[PictureFacts] = Field(default=[], description="further pictures of the same item")
    task: str
    lang: Literal["zh", "en"]
    recipe: str = Field(description="hash of all that decided the answer")
    made_with: dict[str, Any] = Field(description="the recipe's parts: task, engine, prompt, sampling, versions")
    title: str
    labels: dict[str, str] = Field(description="what each field is called in the record's language")
    fields: dict[str, Value]
    items: list[Item] = []
    text_lines: list[TextFound] = []
    unread: list[UnreadFound] = Field(default=[], description="text that could not be read, e.g. in another script")
    barcodes: list[BarcodeFound] = []
    colours: list[ColourFound] = []
    faces: list[FaceFound] = []
    safety: dict[str, float] = {}
    sensitive: list[SensitiveFound] = []
    tags: list[str] = []
    description: str = ""
    descriptions: dict[str, str] = {}
    review: list[str] = Field(default=[], description="why a person should look")
    answer: str | None = Field(default=None, description="answer to a free question, when one was asked")
    engine: EngineUsed | None = None
    timings_ms: dict[str, float] = {}

    def __getitem__(self, name: str) -> Value:
        """The field called `name`; KeyError when the task has none."""
        return self.fields[name]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return self.model_dump(mode="json")


def record_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a record, as published."""
    schema = Record.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tujian:record:{SCHEMA_VERSION}",
        **schema,
    }
