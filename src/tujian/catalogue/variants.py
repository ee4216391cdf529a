"""The variants of an item: those of its group, each with its colours.

Enters: an item, what who asks may see. Leaves: nouns. Changes nothing.
"""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from tujian.catalogue.nouns import Also, Item, ItemHead, Variant
from tujian.catalogue.reading import heads, may_see
from tujian.rules.colour_words import base_colour
from tujian.schema import item_values, items

MOST_VARIANTS = 60  # told; of a shirt in 8 colours and 7 sizes that is all


def variants_of(connection: sa.Connection, item: Item, also: Also) -> list[Variant]:
    """All of the item's group, itself among them, by SKU and title; none where it stands alone."""
    if not item.variant_group:
        return []
    wanted = heads().where(items.c.variant_group == item.variant_group, may_see(also))
    rows = connection.execute(wanted.order_by(items.c.sku, items.c.title, items.c.id)).mappings()
    found = [ItemHead(**row) for row in rows]
    if len(found) < 2:
        return []
    said = _colours(connection, [one.id for one in found])
    return [Variant(item=one, colours=said[one.id], tints=_tints(said[one.id])) for one in found]


def _colours(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    wanted = sa.select(item_values.c.item_id, item_values.c.value).where(
        item_values.c.item_id.in_(ids), item_values.c.field == "colours"
    )
    found: dict[str, list[str]] = defaultdict(list)
    for item_id, value in connection.execute(wanted):
        found[item_id] = [str(one) for one in value] if isinstance(value, list) else []
    return found


def _tints(colours: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(base for name in colours if (base := base_colour(name))))
