"""What there is to take out: the catalogue's items in order, and the advertising words among them. req: F6, E9

Enters: a catalogue, and which items. Leaves: items, oldest first, those of one variant group side by side; adverts.
Hidden and sensitive items are not there unless `also` asks for them.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from tujian.catalogue import Catalogue, Item
from tujian.catalogue.nouns import Also, Kind
from tujian.catalogue.reading import may_see
from tujian.errors import Lang, NotFound
from tujian.exchange.nouns import MOST_EXAMPLES, Named, filled, named
from tujian.rules.adlaw import AdFinding, find_in_text, flagged
from tujian.schema import items

MARK_CHARS = 16  # of a digest: nobody looks for two that are the same


class Stock:
    """Items, all or those `among`, read from the catalogue as they are asked for; may be gone through again.

    `total` are all that there are. Of `most`, only the first so many are read, and held.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        kind: Kind | None = None,
        also: Also = (),
        among: Collection[str] | None = None,
        most: int | None = None,
    ) -> None:
        self._catalogue, self._also = catalogue, also
        chosen = None if among is None else set(among)
        there = _grouped(one for one in _all_ids(catalogue, kind, also) if chosen is None or one[0] in chosen)
        self._ids, self.total = there[:most], len(there)
        self._fields: list[str] | None = None
        self._held = list(self._read()) if most is not None else None

    def __len__(self) -> int:
        return len(self._ids) if self._held is None else len(self._held)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._read() if self._held is None else self._held)

    def _read(self) -> Iterator[Item]:
        met: dict[str, None] = {}
        for item_id in self._ids:
            try:
                item = self._catalogue.get(item_id, also=self._also)
            except NotFound:
                continue  # forgotten or hidden meanwhile
            met.update(dict.fromkeys(filled(item)))
            yield item
        self._fields = list(met)

    @property
    def fields(self) -> Sequence[str]:
        """Fields that have a value, as they were met by who went through all items; who asks first goes through."""
        if self._fields is None:
            for _ in self:
                pass
        return self._fields or []

    def printed(self, item: Item) -> list[str]:
        """The lines that were read on its pictures."""
        if not item.records_count:
            return []
        try:
            record = self._catalogue.record(item.id, item.records_count, also=self._also)
        except NotFound:
            return []
        return [line.text for line in record.text_lines]


@dataclass(slots=True)
class Advert:
    """An advertising word in one field, or on pictures where `place` is "": of how many items, and some of them."""

    place: str
    finding: AdFinding
    count: int = 0
    examples: list[Named] = field(default_factory=list)
    mark: str = ""  # changes with the word, the place and the items, so that it can be acknowledged of these alone

    def add(self, item: Named) -> None:
        self.count += 1
        told = "\0".join((self.mark, self.place, self.finding.rule, self.finding.word, item.id))
        self.mark = hashlib.sha256(told.encode()).hexdigest()[:MARK_CHARS]
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(item)

    def say(self, lang: Lang) -> str:
        is_zh = lang == "zh"
        called = ("、" if is_zh else ", ").join(one.called for one in self.examples)
        if self.count > len(self.examples):
            called += f" …（{self.count} 件）" if is_zh else f" … ({self.count} items)"
        return f"{called} · {self.say_without_item(lang)}"

    def say_without_item(self, lang: Lang) -> str:
        """Where it stands and what it is."""
        where = self.place or ("图片上" if lang == "zh" else "on the picture")
        return f"{where} · {self.finding.say(lang)}"


def find_adverts(stock: Stock) -> list[Advert]:
    """Words that nothing lets pass, in what a buyer would read: each word and place once, with all of its items."""
    found: dict[tuple[str, str, str], Advert] = {}
    for item in stock:
        if item.kind != "product":
            continue
        for place, finding in _of_item(item, stock.printed(item)):
            key = (place, finding.rule, finding.word)
            found.setdefault(key, Advert(place, finding)).add(named(item))
    return list(found.values())


def count_places(adverts: Iterable[Advert]) -> int:
    """In how many places the words stand, of all items."""
    return sum(one.count for one in adverts)


def _of_item(item: Item, printed: Iterable[str]) -> Iterator[tuple[str, AdFinding]]:
    """Each word once a place."""
    texts = {"": "\n".join(printed)}
    for name, now in item.values.items():
        value = now.value.value
        if name != "text" and isinstance(value, str | list):
            texts[name] = "\n".join(value) if isinstance(value, list) else value
    for name, text in texts.items():
        words: set[str] = set()
        for finding in flagged(find_in_text(text)):
            if finding.word not in words:
                words.add(finding.word)
                yield name, finding


def _all_ids(catalogue: Catalogue, kind: Kind | None, also: Also) -> Iterator[tuple[str, str]]:
    """(id, group) of every item, the oldest first."""
    wanted = sa.select(items.c.id, items.c.variant_group).where(may_see(also)).order_by(items.c.made_at, items.c.id)
    if kind is not None:
        wanted = wanted.where(items.c.kind == kind)
    with catalogue.database.read() as connection:
        rows = connection.execute(wanted).all()
    return ((row.id, row.variant_group or row.id) for row in rows)


def _grouped(ids: Iterable[tuple[str, str]]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for item_id, group in ids:
        groups.setdefault(group, []).append(item_id)
    return [item_id for group in groups.values() for item_id in group]
