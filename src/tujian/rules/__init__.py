"""Rules: small modules that read facts out of text lines. Each finding names its line, so it has a place.

Enters: lines as perception read them. Leaves: Reading. A rule never fills in what is not written.
"""

from dataclasses import dataclass

from tujian.perception.text import TextLine


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact found in a line. `key` is its form for comparison, `value` the form for people.

    `share` is how much of the line's confidence the finding keeps: 1 behind a label, less for a guess. `more` are the
    further lines it stands on. `inferred` facts were reckoned or guessed from what is written, `candidate_only` ones
    are hints. `value_en` is for readers of English where the value is not as printed. `doubt` says (in Chinese, in
    English) why a finding that was read is not to be believed; `valid` is False then.
    """

    value: str | list[str]
    key: str
    line: TextLine
    quote: str
    rule: str
    unit: str | None = None
    valid: bool | None = None
    share: float = 1.0
    more: tuple[TextLine, ...] = ()
    inferred: bool = False
    candidate_only: bool = False
    value_en: str | list[str] | None = None
    doubt: tuple[str, str] | None = None
