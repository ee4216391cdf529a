"""Evidence shown where the letters are: the boxes of lines, drawn in to their ink.

Enters: values with the boxes of the lines they were read from, and the pictures. Leaves: the same with closer boxes.
Does not know: how a value was found. Rules measure distances between whole lines, so this comes after them.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from tujian.geometry import Box1000
from tujian.perception.ink import ink_box
from tujian.recent import Looked
from tujian.records import Candidate, Evidence, Value


def to_the_letters(fields: Mapping[str, Value], looks: Sequence[Looked]) -> dict[str, Value]:
    """`fields`, each piece of evidence that is a line of text with the box of its letters."""
    of_lines = {(number, line.box_1000) for number, look in enumerate(looks) for line in look.percepts.text_lines}

    @cache
    def closer(picture: int, box: Box1000) -> Box1000:
        return ink_box(looks[picture].picture.pixels, box)

    def drawn_in(evidence: Sequence[Evidence]) -> list[Evidence]:
        return [
            one.model_copy(update={"box_1000": closer(one.picture, one.box_1000)})
            if one.box_1000 is not None and (one.picture, one.box_1000) in of_lines
            else one
            for one in evidence
        ]

    def also(candidate: Candidate) -> Candidate:
        return candidate.model_copy(update={"evidence": drawn_in(candidate.evidence)})

    return {
        name: value.model_copy(
            update={"evidence": drawn_in(value.evidence), "candidates": [also(one) for one in value.candidates]}
        )
        for name, value in fields.items()
    }
