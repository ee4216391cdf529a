"""Pictures looked at lately, so that the next question about one need not look again. req: B6, B7

Enters: pictures with what was seen on them, by sha256. Leaves: the same, or nothing once others took their room.
Does not know: questions, records, files. It is memory only: a restart forgets.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from tujian.perception import Part, Percepts, TextLine
from tujian.pictures import Picture, View, fit_to_tokens


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture and what perception saw on it; the time that opening it took. Views for engines are made once.

    `parts` are the things on a picture that shows several; None until somebody has looked for them.
    """

    picture: Picture
    percepts: Percepts
    opened_ms: float
    parts: tuple[Part, ...] | None = None
    views: dict[int, View] = field(default_factory=dict, compare=False, repr=False)

    def view(self, max_tokens: int) -> View:
        """The picture within `max_tokens`, as an engine is shown it."""
        if max_tokens not in self.views:
            self.views[max_tokens] = fit_to_tokens(self.picture, max_tokens)
        return self.views[max_tokens]


def without(looked: Looked, lines: Collection[TextLine]) -> Looked:
    """The same look as if `lines` could not be read."""
    if not lines:
        return looked

    def rest(percepts: Percepts) -> Percepts:
        return replace(percepts, text_lines=tuple(line for line in percepts.text_lines if line not in lines))

    parts = looked.parts and tuple(replace(part, percepts=rest(part.percepts)) for part in looked.parts)
    return replace(looked, percepts=rest(looked.percepts), parts=parts)


class Recent:
    """At most `limit_bytes` of pixels; the longest unused go first. Threads share it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._held, self._lock = limit_bytes, 0, threading.Lock()
        self._by_sha256: OrderedDict[str, Looked] = OrderedDict()

    def find(self, sha256: str) -> Looked | None:
        with self._lock:
            if sha256 in self._by_sha256:
                self._by_sha256.move_to_end(sha256)
            return self._by_sha256.get(sha256)

    def keep(self, looked: Looked) -> None:
        with self._lock:
            sha256 = looked.picture.sha256
            if sha256 not in self._by_sha256:
                self._held += looked.picture.pixels.nbytes
            self._by_sha256[sha256] = looked
            while self._held > self._limit:
                _, gone = self._by_sha256.popitem(last=False)
                self._held -= gone.picture.pixels.nbytes
