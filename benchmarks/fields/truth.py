"""What a drawn picture tells: values in canonical form, what else would be right, and what is not judged."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Truth:
    """`values` stand on the picture. `also` are other right answers; a field in `also` alone may be given or left out.
    `free` fields are not judged: the picture does not settle them."""

    values: dict[str, Any] = field(default_factory=dict)
    also: dict[str, list[Any]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)

    def tell(self, name: str, value: object, *also: object) -> None:
        self.values[name] = value
        if also:
            self.also.setdefault(name, []).extend(also)
