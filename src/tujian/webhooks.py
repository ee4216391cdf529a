"""Webhooks: what stands in the outbox is told to somebody's server, signed. req: A15

Enters: an event's number. Leaves: a POST that its receiver can check. Does not know: what happened, when to try again.

The signature is HMAC-SHA256 over "time.body" with the secret the receiver gave: `Tujian-Signature: t=…,v1=…`. The
receiver computes the same, and refuses times that lie more than a few minutes back. An event may come twice, after a
lost answer: its `id` tells.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tujian.database import Database
from tujian.errors import NotFound
from tujian.fetching import Fetcher
from tujian.schema import batches, outbox


def sign(secret: str, at_s: int, body: bytes) -> str:
    """The header's value.

    >>> sign("secret", 1, b"{}")[:7]
    't=1,v1='
    """
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def tell(database: Database, fetcher: Fetcher, event_id: str, now: dt.datetime) -> Callable[[sa.Connection], Any]:
    """Posts the event; returns what writes down that it was told.

    Raises FetchRefused where webhooks may not go (private networks beyond TUJIAN_FETCH_ALLOW), FetchFailed, NotFound.
    """
    wanted = sa.select(outbox.c.body, outbox.c.event, batches.c.webhook_url, batches.c.webhook_secret)
    told = wanted.join_from(outbox, batches, outbox.c.batch_id == batches.c.id).where(outbox.c.id == event_id)
    with database.read() as connection:
        event = connection.execute(told).one_or_none()
    if event is None or event.webhook_url is None:
        raise NotFound(
            zh=("要通知的事件不在了。", "不用做什么。"), en=("The event to tell is gone.", "Nothing is to be done.")
        )
    body = event.body.encode()
    signature = sign(event.webhook_secret or "", int(now.timestamp()), body)
    headers = {"Content-Type": "application/json", "Tujian-Event": event.event, "Tujian-Signature": signature}
    fetcher.tell(event.webhook_url, body, headers)

    def keep(connection: sa.Connection) -> dict[str, Any]:
        sent = {"sent_at": now.isoformat(timespec="microseconds")}
        connection.execute(sa.update(outbox).where(outbox.c.id == event_id).values(sent))
        return {}

    return keep
