"""What would happen if a parcel were brought: row by row, before anything is. req: C1

Enters: a parcel, and for a sheet its table. Leaves: counts and what is wrong with which row. Nothing is written or
fetched; the first rows stand for a long sheet. A picture that begins like one is taken for one until it is opened.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Literal

import sqlalchemy as sa

from tujian.bringing.columns import RowItem
from tujian.bringing.named import Named, not_sent
from tujian.bringing.nouns import REASONS, Passed
from tujian.bringing.opened import ParcelSource, names_inside
from tujian.bringing.overtaken import Overtaken
from tujian.bringing.parcels import Parcel
from tujian.bringing.rows import ADDRESSES, KIND, no_such_item
from tujian.bringing.seen import find_source, item_that_shows
from tujian.bringing.tables import Table
from tujian.database import Database
from tujian.errors import TujianError, UnreadablePicture
from tujian.schema import items, jobs
from tujian.sniffing import HEAD_BYTES, PICTURE_KINDS, claims_a_picture, refuse, sniff

State = Literal["new", "known", "unchanged", "faulty", "skipped"]
STATES: tuple[State, ...] = ("new", "known", "unchanged", "faulty", "skipped")
MOST_ROWS = 1_000  # of a sheet that are gone through: 0.1 s
MOST_LOOKED = 500  # members of ZIPs that are read for it
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One row or file that is not simply new, or a row as it would be; `error` says what is wrong with it."""

    name: str
    state: State
    error: TujianError | None = None


@dataclass(slots=True)
class Forecast:
    """`looked` of `total` rows or files were gone through."""

    counts: Counter[State] = field(default_factory=Counter)
    told: list[Foreseen] = field(default_factory=list)
    looked: int = 0
    total: int = 0
    addresses: int = 0  # pictures that would be fetched

    def add(self, one: Foreseen) -> None:
        self.counts[one.state] += 1
        self.looked += 1
        if one.error is not None and len(self.told) < MOST_TOLD:
            self.told.append(one)


def foresee_pictures(database: Database, parcel: Parcel) -> Forecast:
    """Of loose pictures and of those in ZIPs."""
    forecast, seen = Forecast(), set[str]()
    loose = {one.name: one for one in parcel.files}
    members = 0
    for entry in ParcelSource(parcel):
        forecast.total += 1
        if isinstance(entry, Passed):
            forecast.add(Foreseen(entry.path, "faulty" if entry.error else "skipped", entry.error))
            continue
        sent = loose.get(entry.path)
        members += sent is None
        if sent is None and members > MOST_LOOKED:
            continue
        try:
            kind = sent.kind or None if sent else sniff(entry.read(HEAD_BYTES))
            sha256 = sent.sha256 if sent else hashlib.sha256(entry.read(entry.bytes_count)).hexdigest()
        except UnreadablePicture as error:
            forecast.add(Foreseen(entry.path, "faulty", error))
            continue
        forecast.add(_picture(database, entry.path, kind, sha256, seen))
        seen.add(sha256)
    return forecast


def _picture(database: Database, name: str, kind: str | None, sha256: str, seen: Collection[str]) -> Foreseen:
    if kind not in PICTURE_KINDS:
        is_meant = claims_a_picture(name) or kind not in REASONS
        return Foreseen(name, "faulty" if is_meant else "skipped", refuse(kind))
    with database.read() as connection:
        is_known = sha256 in seen or item_that_shows(connection, sha256) is not None
    return Foreseen(name, "known" if is_known else "new")


def foresee_sheet(database: Database, parcel: Parcel, table: Table, root: str, named: Named | None) -> Forecast:
    """Of a sheet's first rows. `root` is what the sheet is known by; `named` is a folder of the server's whose files
    it may name where none were sent."""
    forecast = Forecast(total=table.sheet.count)
    sent = _Sent(names_inside(parcel), named)
    some = list(islice(table, MOST_ROWS))
    good = [row for _, row in some if isinstance(row, RowItem)]
    known, keys = _known(database, good), _brought(database, root, good, table)
    for number, row in some:
        if isinstance(row, RowItem):
            forecast.add(_row(str(number), row, sent, known, keys))
            forecast.addresses += sum(_is_address(name) for name in row.pictures)
        else:
            forecast.add(Foreseen(str(number), "faulty", row))
    forecast.total = max(forecast.total, forecast.looked) if len(some) == MOST_ROWS else forecast.looked
    return forecast


def _row(
    number: str, row: RowItem, sent: "_Sent", known: Mapping[str, Collection[str]], keys: Collection[str]
) -> Foreseen:
    if row.print in keys:
        return Foreseen(number, "unchanged")
    missing = [name for name in row.pictures if not _is_address(name) and not sent.has(name)]
    is_known = row.external_id in known["external_id"] if row.external_id else (row.sku or "") in known["sku"]
    if missing and len(missing) == len(row.pictures):
        return Foreseen(number, "faulty", not_sent(missing[0]))
    if not row.pictures and not is_known:
        return Foreseen(number, "faulty", no_such_item(row))
    return Foreseen(number, "known" if is_known else "new", not_sent(missing[0]) if missing else None)


class _Sent:
    """Names of pictures as a sheet may spell them: the path, the file's name, the name without its ending."""

    def __init__(self, names: Collection[str], named: Named | None) -> None:
        paths = [PurePosixPath(name.casefold()) for name in names]
        self._names = {str(path) for path in paths} | {path.name for path in paths} | {path.stem for path in paths}
        self._named = named if not names else None

    def has(self, name: str) -> bool:
        if self._named is not None:
            return bool(self._named.places(name))
        last = PurePosixPath(name.replace("\\", "/").strip().casefold())
        return last.name in self._names or (last.stem in self._names and not last.suffix)


def _is_address(name: str) -> bool:
    return name[:8].lower().startswith(ADDRESSES)


def _known(database: Database, rows: Sequence[RowItem]) -> dict[str, set[str]]:
    """The rows' ids and SKUs that items have."""
    found: dict[str, set[str]] = {}
    for name in ("external_id", "sku"):
        told = sorted({one for row in rows if (one := getattr(row, name))})
        with database.read() as connection:
            found[name] = set(connection.scalars(sa.select(items.c[name]).where(items.c[name].in_(told))))
    return found


def _brought(database: Database, root: str, rows: Sequence[RowItem], table: Table) -> set[str]:
    """The prints of rows that have a job already, but for jobs that died or were cancelled and rows overtaken."""
    source_id, found = find_source(database, root), set[str]()
    if source_id is None:
        return found
    overtaken = Overtaken(database, source_id, table)
    by_key = {f"{KIND}:{source_id}:{row.print}": row.print for row in rows if not overtaken.by(row)}
    alive = jobs.c.state.not_in(["dead", "cancelled"])
    with database.read() as connection:
        mine = sa.select(jobs.c.key).where(jobs.c.key.in_(list(by_key)), alive)
        return {by_key[key] for key in connection.scalars(mine)}


def rows_shown(table: Table, most: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The sheet's first rows as they stand there."""
    return ((row.number, row.cells) for row in islice(table.sheet, most))
