"""A health check as a job: a sheet that was sent is checked by a worker, and its report is kept beside it. req: F2

Enters: a parcel with a sheet, what its columns mean. Leaves: the marked sheet, the findings a line each, and what was
seen cut out of the pictures, all in the parcel. A check that breaks off goes on behind the rows that were checked.
Does not know pages.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image

from tujian.batches import Batches, NewBatch
from tujian.bringing.opened import unpack
from tujian.bringing.orders import watched
from tujian.bringing.parcels import FOLDER, Parcel
from tujian.catalogue import Catalogue
from tujian.check import Asked, Checked, RowChecked, check_table
from tujian.check_journal import Entry, Journal
from tujian.check_sheet import SHEET_NAME, Mark, Table, kinds_of
from tujian.errors import Lang
from tujian.house import House, Shot
from tujian.jobs import PRIORITY, Claimed, NewJob
from tujian.recent import Looked
from tujian.schema import items
from tujian.shelf import told_unwritten

KIND = "check"
SIDE_PX = 320  # of what is cut out
MARGIN = 0.25  # of the box, left around it
LISTED = "findings.jsonl"
UNWRITTEN = ("体检的结果", "report of this check", FOLDER)

Keep = Callable[[sa.Connection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A mark as it is shown. `crop` is the name of what was cut out of the picture, "" without."""

    row: int
    column: str
    kind: str
    now: str
    reason: str
    proposal: str
    evidence: str
    crop: str


def queue_check(
    batches: Batches, parcel: Parcel, columns: Mapping[str, str], who: str, lang: Lang, *, uses_catalogue: bool
) -> str:
    """The id of the batch whose one job checks the sheet."""
    called = parcel.sheet.name if parcel.sheet else ""
    told = {"parcel": parcel.number, "called": called}
    payload = {**told, "columns": dict(columns), "lang": lang, "uses_catalogue": uses_catalogue}
    with batches.jobs.database.write(durable=True) as connection:
        batch_id = batches.begin(NewBatch(KIND, who, called, told), within=connection)
        job = NewJob(KIND, f"{KIND}:{uuid.uuid4().hex}", payload, PRIORITY["high"], batch_id)
        batches.jobs.put([job], within=connection)
    return batch_id


def fill_check(house: House, catalogue: Catalogue, claimed: Claimed, stopped: threading.Event) -> Keep:
    """Checks the sheet. Raises BadInput, NotFound, StoreFailed; Stopped, and it goes on later."""
    told, step = claimed.payload, watched(catalogue.database, claimed, stopped)
    parcel, lang = Parcel(house.settings.home_dir, told["parcel"]), told["lang"]
    assert parcel.sheet is not None  # it was there when the check was queued
    pictures = unpack(parcel, house.max_bytes, step)
    seen, progress, done = _Seen(parcel.made, _journal(house, parcel, claimed)), parcel.progress(), 0

    def begin(total: int) -> Callable[[], None]:
        def one_more() -> None:
            nonlocal done
            step("")
            done += 1
            progress(done, total)

        return one_more

    kept = (lambda numbers: _shots_of(catalogue, numbers)) if told["uses_catalogue"] else None
    asked = Asked(told["columns"], lang, seen.keep, kept, seen.journal.done)
    checked = check_table(parcel.path(parcel.sheet), pictures, house, begin, asked)
    with told_unwritten(*UNWRITTEN):
        summary = _write(parcel, checked, seen, lang)
        seen.journal.drop()
    return lambda _: summary


def _journal(house: House, parcel: Parcel, claimed: Claimed) -> Journal:
    """This job's; a worker that knows other things than the one that broke off looks at all rows again."""
    by = [claimed.payload, house.perception.versions, house.knowledge.taxonomy.version]
    with told_unwritten(*UNWRITTEN):
        return Journal(parcel.made / f"rows-{claimed.id}.jsonl", json.dumps(by, sort_keys=True))


def _shots_of(catalogue: Catalogue, numbers: Sequence[str]) -> list[Shot]:
    """The pictures of the catalogue's item with one of these numbers."""
    mine = sa.or_(items.c.external_id.in_(numbers), items.c.sku.in_(numbers))
    with catalogue.database.read() as connection:
        found = connection.scalars(sa.select(items.c.id).where(mine).limit(2)).all()
    shown = catalogue.pictures_of(found).get(found[0], []) if len(found) == 1 else []
    return [Shot(catalogue.content(sha256), sha256[:12]) for sha256 in shown]


def _write(parcel: Parcel, checked: Checked, seen: "_Seen", lang: Lang) -> dict[str, Any]:
    """Writes the marked sheet and the list of findings; what is told of both."""
    name = Path(parcel.sheet.name if parcel.sheet else "sheet")
    marked = f"{name.stem}-{SHEET_NAME[lang]}{name.suffix}"
    checked.table.save(parcel.made / marked, checked.marks, lang)
    found = sorted(checked.marks, key=lambda one: (one.row, one.column))
    with (parcel.made / LISTED).open("w", encoding="utf-8") as file:
        for mark in found:
            told = _told(mark, checked.table, seen)
            file.write(json.dumps(asdict(told), ensure_ascii=False) + "\n")
    return {
        "rows": sum(any(row.cells) or bool(row.formulas) for row in checked.table.rows),
        "marked": len({mark.row for mark in found}),
        "kinds": {str(kind): count for kind, count in kinds_of(found)},
        "file": marked,
    }


def _told(mark: Mark, table: Table, seen: "_Seen") -> Finding:
    row = table.rows[mark.row]
    now = row.formulas.get(mark.column) or row.cells[mark.column]
    heading = table.headings[mark.column] or f"{mark.column + 1}"
    proposal, crop = mark.proposal or "", seen.crop_of(mark)
    return Finding(row.number, heading, str(mark.kind), now[:300], mark.reason, proposal, mark.evidence, crop)


def findings(parcel: Parcel) -> Iterator[Finding]:
    """What was found, in the sheet's order; nothing before the check has ended."""
    place = parcel.made / LISTED
    if place.is_file():
        with place.open(encoding="utf-8") as file:
            yield from (Finding(**json.loads(line)) for line in file)


class _Seen:
    """Rows with what was seen, cut out of the pictures while they are at hand; the whole picture where no place is
    known."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder, self.journal = folder, journal

    def keep(self, place: int, looks: Sequence[Looked], row: RowChecked) -> None:
        """Raises StoreFull, StoreDown."""
        names: dict[tuple[Any, int], str] = {}
        with told_unwritten(*UNWRITTEN):
            for number, mark in enumerate(row.marks):
                if mark.picture < len(looks) and _where(mark) not in names:
                    names[_where(mark)] = name = f"{place}-{number}.webp"
                    _cut(looks[mark.picture], mark).save(self._folder / name, "WEBP", quality=80)
            self.journal.keep(place, Entry(row, tuple(names.get(_where(mark), "") for mark in row.marks)))

    def crop_of(self, mark: Mark) -> str:
        """Its name; also of a mark that only the whole sheet told, such as a duplicate."""
        entry = self.journal.entries.get(mark.row)
        cut = zip(entry.checked.marks, entry.crops, strict=True) if entry else ()
        return next((name for other, name in cut if _where(other) == _where(mark)), "")


def _where(mark: Mark) -> tuple[Any, int]:
    return mark.box_1000, mark.picture


def _cut(looked: Looked, mark: Mark) -> Image.Image:
    image = Image.fromarray(looked.picture.pixels)
    if mark.box_1000 is not None:
        x1, y1, x2, y2 = mark.box_1000
        across, down = (x2 - x1) * MARGIN + 10, (y2 - y1) * MARGIN + 10
        wide, high = image.width / 1000, image.height / 1000
        left, top = max(0.0, (x1 - across) * wide), max(0.0, (y1 - down) * high)
        right, bottom = min(image.width, (x2 + across) * wide), min(image.height, (y2 + down) * high)
        image = image.crop((int(left), int(top), int(right), int(bottom)))
    image.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    return image
