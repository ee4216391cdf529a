"""A claim: what one source says about one field. Findings, rules and models all speak in claims.

`reconcile.py` weighs them; nothing before it decides.
"""

from dataclasses import dataclass, field

from tujian.folding import fold
from tujian.geometry import Box1000
from tujian.records import Evidence, FieldValue, Source

SHEET = "spreadsheet"  # `by` of what a shop's own spreadsheet says
WRONG_DIGIT = ("校验位不对，可能读错或印错", "wrong check digit: misread or misprinted")


@dataclass(frozen=True, slots=True)
class Claim:
    """`value` of `field_name` according to `source`.

    `key` is the form for comparison ("1 L" and "1000 ml" agree). `valid` is a check digit's verdict.
    `doubt` says, in Chinese and in English, why a claim that is not `valid` is not to be believed.
    `candidate_only` claims are kept and shown but never win: a hint is no finding. `inferred` ones were put together
    from other findings instead of being read. `comparable` is off where the words could not be understood as a fact of
    the field's kind: they agree with nothing and contradict nothing.
    `taught` ones come from a user's own examples.
    `picture` counts the item's pictures from 0. `uncontrolled` ones fit none of the field's controlled values.
    """

    field_name: str
    value: FieldValue
    source: Source
    by: str
    confidence: float | None
    key: str = ""
    id: str | None = None
    unit: str | None = None
    box_1000: Box1000 | None = None
    quote: str | None = None
    valid: bool | None = None
    doubt: tuple[str, str] = WRONG_DIGIT
    candidate_only: bool = False
    inferred: bool = False
    comparable: bool = True
    picture: int = 0
    uncontrolled: bool = False
    taught: bool = False
    more: tuple[Evidence, ...] = field(default=())

    @property
    def compared(self) -> str:
        """What two claims must share to agree."""
        return self.key or fold(str(self.value))

    def evidence(self) -> list[Evidence]:
        own = Evidence(
            source=self.source,
            by=self.by,
            confidence=None if self.confidence is None else round(self.confidence, 3),
            box_1000=self.box_1000,
            quote=self.quote,
            picture=self.picture,
        )
        return [own, *(more.model_copy(update={"picture": self.picture}) for more in self.more)]
