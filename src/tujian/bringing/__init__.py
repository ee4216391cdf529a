"""Pictures are brought in: a source is compared with what is known of it, and what is new becomes items. # req: C1, D7

Enters: a folder or an archive. Leaves: items with the jobs that look at them, a row for each file that was not there
before, and counts. Does not know how files are found (`folders.py`, `archives.py`) or looked at (`looking.py`).

Files are told apart by size and time first, by sha256 then. Item, file, row and job are one transaction, so whoever
breaks off and begins again has nothing twice. What is to be looked at is not shown before it was (`pending`). Same
bytes are linked to the item that shows them. What is gone is marked and its item stays; nothing is marked when the
source itself cannot be read.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from tujian.answers import utc_now
from tujian.batches import Batches
from tujian.bringing.batch import ImportBatch
from tujian.bringing.nouns import Entry, Fate, Passed, Source, Told, Wanted, unreadable, vanished
from tujian.bringing.seen import (
    Known,
    find_source,
    has_come,
    item_of_file,
    item_that_shows,
    known_files,
    mark_gone,
    unseen_items,
)
from tujian.catalogue import Catalogue, FileAt, Incoming
from tujian.catalogue.adding import place_file
from tujian.errors import TujianError, UnreadablePicture
from tujian.house import House, Shot
from tujian.lanes import when_free
from tujian.looking import Look, look_jobs
from tujian.pictures import Picture, too_many_bytes
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, claims_a_picture, refuse, sniff

__all__ = ["Bringing", "Told", "Wanted"]

PASSED_AT_ONCE = 200
MOST_HELD = 10_000  # rows of what was passed over before anything made a batch worth while; more are counted only


class Bringing:
    """One go through one source."""

    def __init__(self, house: House, catalogue: Catalogue, batches: Batches, source: Source, wanted: Wanted) -> None:
        self._house, self._catalogue, self._batches = house, catalogue, batches
        self._database, self._source, self._wanted = catalogue.database, source, wanted
        known = find_source(self._database, source.root) if wanted.is_dry else None
        self._source_id = known or ("" if wanted.is_dry else catalogue.source(source.kind, source.root))
        self._known = known_files(self._database, self._source_id)
        self._batch = ImportBatch(batches, self._database, self._source_id, source.root, wanted)
        self._brought: dict[str, str] = {}  # sha256s of this go, for a dry one
        self._by_content = {known.sha256: path for path, known in self._known.items()}
        self._passed: list[tuple[str, str, TujianError | None, str | None]] = []
        self._queued, self._went_wrong = 0, False
        self.told = Told(batch_id=self._batch.id)

    def run(self, step: Callable[[str], None] = lambda _: None) -> Told:
        """All of it. Raises BadInput when the source vanishes, StoreFailed, Stopped when it was cancelled; what was
        brought until then is kept."""
        if self._batch.id is not None and not self._wanted.is_dry and not self._waits:
            self._batches.resume(self._batch.id, who=self._wanted.who)
        seen: set[str] = set()
        for entry in self._source:
            step(entry.path)
            seen.add(entry.path)
            if isinstance(entry, Passed):
                self._pass(entry)
            else:
                self._take(entry)
        self._flush()
        self._mark_gone(seen)
        if not self._wanted.is_dry:
            if self._wanted.look is not None:
                self._batch.look_at_unseen(
                    self._catalogue,
                    unseen_items(self._database, self._source_id, self._batch.id),
                    self._look_now(self._wanted.look),
                )
            self._batch.close()
        self.told.batch_id = self._batch.id
        return self.told

    @property
    def _waits(self) -> bool:
        return self._wanted.look is not None and self._wanted.look.trial is not None

    def _take(self, entry: Entry) -> None:
        known = self._known.get(entry.path)
        if known is not None and known.is_like(entry):
            self.told.add("unchanged", entry.path)
            return
        try:
            self.told.add(self._bring(entry, known), entry.path)
        except _Skipped as skipped:
            self._pass(Passed(entry.path, skipped.reason))
        except (UnreadablePicture, OSError) as error:
            self._source.check()
            told = error if isinstance(error, TujianError) else unreadable(entry.path, error.strerror or str(error))
            self._pass(Passed(entry.path, "failed", told))

    def _bring(self, entry: Entry, known: Known | None) -> Fate:
        content = self._content(entry)
        sha256 = hashlib.sha256(content).hexdigest()
        file = FileAt(self._source_id, entry.path, entry.bytes_count, entry.stamp)
        if self._wanted.is_dry:
            return self._foreseen(entry, known, sha256)
        if known is not None and known.sha256 == sha256:
            with self._database.write() as connection:
                place_file(connection, self._database, file, sha256, _now())
            return "back" if known.is_gone else "unchanged"
        with self._database.read() as connection:
            is_known = item_that_shows(connection, sha256) is not None
        picture = None if is_known else self._opened(content, entry.path)
        return self._keep(file, known, sha256, picture, content)

    def _content(self, entry: Entry) -> bytes:
        """Raises _Skipped for what is no picture and does not claim to be one, UnreadablePicture, OSError."""
        kind = sniff(entry.read(HEAD_BYTES))
        if kind not in PICTURE_KINDS:
            if kind == "video" and entry.has_still:
                raise _Skipped("live_photo")
            if kind in (None, "empty", "text", "html") and claims_a_picture(entry.path):
                raise refuse(kind)
            raise _Skipped(kind or "unknown")
        if entry.bytes_count > self._house.max_bytes:
            raise too_many_bytes(entry.bytes_count, self._house.max_bytes)
        content = entry.read(self._house.max_bytes + 1)
        if len(content) > self._house.max_bytes:
            raise too_many_bytes(len(content), self._house.max_bytes)
        return content

    def _opened(self, content: bytes, name: str) -> Picture:
        return when_free(lambda: self._house.open(Shot(content, name))[1])

    def _keep(self, file: FileAt, known: Known | None, sha256: str, picture: Picture | None, content: bytes) -> Fate:
        batch_id = self._batch.begun()
        with self._database.write() as connection:  # all of it is synced with the batch's end (`Database.write`)
            self._database.alone_with(connection, f"{file.source_id}:{file.path}")
            if has_come(connection, file, sha256):
                return "unchanged"
            item_id = item_that_shows(connection, sha256)
            if item_id is not None or picture is None:
                return self._link(connection, file, sha256, item_id)
            incoming = Incoming(replace(picture, pixels=None), content if self._source.keeps_content else None, file)  # pyright: ignore[reportArgumentType] - the catalogue keeps no pixels
            old_id = item_of_file(connection, known.sha256, file) if known else None
            if known and old_id:
                self._catalogue.replace_picture(
                    old_id,
                    known.sha256,
                    incoming,
                    who=self._wanted.who,
                    waits=self._wanted.look is not None,
                    batch_id=batch_id,
                    within=connection,
                )
                item_id, fate = old_id, "changed"
            else:
                item_id = self._catalogue.add(
                    [incoming],
                    who=self._wanted.who,
                    kind=self._wanted.kind,
                    visibility="shown" if self._wanted.look is None else "pending",
                    batch_id=batch_id,
                    within=connection,
                ).id
                fate = "changed" if known else "new"
            self._batch.note(connection, file.path, "done", item_id=item_id)
            self._queue(connection, item_id, sha256, batch_id)
        return fate

    def _link(self, connection: sa.Connection, file: FileAt, sha256: str, item_id: str | None) -> Fate:
        place_file(connection, self._database, file, sha256, _now())
        old = self._by_content.get(sha256)
        fate: Fate = "moved" if old is not None and old != file.path and not self._source.has(old) else "linked"
        self._batch.note(connection, file.path, "done", item_id=item_id, row={"reason": fate})
        return fate

    def _queue(self, connection: sa.Connection, item_id: str, sha256: str, batch_id: str) -> None:
        look = self._wanted.look
        if look is None:
            return
        told = replace(self._look_now(look), batch_id=batch_id)
        self._batches.jobs.put(look_jobs({item_id: [sha256]}, told), within=connection)
        self._queued += 1

    def _look_now(self, look: Look) -> Look:
        """With what is left of the trial."""
        return look if look.trial is None else replace(look, trial=max(0, look.trial - self._queued))

    def _foreseen(self, entry: Entry, known: Known | None, sha256: str) -> Fate:
        if known is not None and known.sha256 == sha256:
            return "back" if known.is_gone else "unchanged"
        old = self._by_content.get(sha256)
        if old is not None and not self._source.has(old):
            return "moved"
        with self._database.read() as connection:
            is_shown = sha256 in self._brought or item_that_shows(connection, sha256) is not None
        self._brought[sha256] = entry.path
        if is_shown:
            return "linked"
        return "changed" if known else "new"

    def _pass(self, passed: Passed) -> None:
        state = "failed" if passed.error is not None else "skipped"
        if passed.error is not None:
            self.told.fail(passed.path, passed.error)
            self._went_wrong = True
        else:
            self.told.add("skipped", passed.path)
            self.told.reasons[passed.reason] += 1
        if self._wanted.is_dry:
            return
        if len(self._passed) < MOST_HELD or self._is_worth_a_batch:
            self._passed.append((passed.path, state, passed.error, passed.reason))
        if len(self._passed) >= PASSED_AT_ONCE:
            self._flush()

    @property
    def _is_worth_a_batch(self) -> bool:
        return self._went_wrong or self._batch.id is not None

    def _flush(self) -> None:
        """Rows of what was passed over are written only where something is brought or went wrong."""
        if self._passed and self._is_worth_a_batch:
            self._batch.begun()
            self._batch.note_all(self._passed)
            self._passed.clear()

    def _mark_gone(self, seen: set[str]) -> None:
        self._source.check()
        there = {path for path, known in self._known.items() if not known.is_gone}
        gone = sorted(path for path in there - seen if not self._source.is_unread(path))
        if gone and not seen and len(gone) == len(there):
            raise vanished(self._source.root)  # an empty mount point looks like this
        for path in gone:
            self.told.add("gone", path)
        if not self._wanted.is_dry:
            mark_gone(self._database, self._source_id, gone, _now())


class _Skipped(Exception):
    """No picture, and nobody said it was one."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _now() -> str:
    return utc_now().isoformat(timespec="microseconds")
