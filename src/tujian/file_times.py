"""When a picture was taken, as its file is called: what phones and messengers write into names.

Enters: the name of a file or an address. Leaves: a time in ISO 8601, or None. A time of the camera's clock has no zone;
milliseconds since 1970 are UTC, and say so. It does not know whether the name is right: people copy and rename files,
so whoever uses it says that it comes from the name. It never guesses: an order such as 01-05-2024, a lone date, or a
time that no camera can have is none.

Sources: names written by Android's camera and Google's (IMG_, PXL_, VID_), Samsung, Xiaomi, Huawei, iOS and Windows
screenshots, WhatsApp, WeChat (微信图片_, mmexport), QQ, Telegram, Signal, 支付宝.
"""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import NamedTuple

FIRST_YEAR = 1995  # before the first cameras that name files by time; older is a number, no date
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_WRITTEN = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<a>[-_.年]?)(?P<month>\d\d)(?:(?P=a)|月)(?P<day>\d\d)日?"
    r"(?:[-_T@]|\s?(?:at|-|_)\s?|\s*)"
    r"(?P<hour>\d\d|\d(?=[.:]))(?P<b>[-_.:：点时]?)(?P<minute>\d\d)(?:(?P=b)|分)(?P<second>\d\d)秒?"
    r"(?:[\s\u202f]?(?P<half>[AaPp])[Mm]\b)?(?=\D|$|\d{1,3}(?!\d))"  # milliseconds may follow
)
_MILLISECONDS = re.compile(r"(?:mmexport|wx_camera_|microMsg\.|hdImg_[0-9a-f]+_|FB_IMG_|tmp_)(\d{13})(?!\d)")


class NamedTime(NamedTuple):
    """ISO 8601, and the part of the name that says so."""

    iso: str
    quote: str


def time_in_name(name: str, now: datetime) -> NamedTime | None:
    """The time that a file's name tells; `now`, with its zone, is the latest that can be.

    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> time_in_name("DCIM/IMG_20240501_123456.jpg", now)
    NamedTime(iso='2024-05-01T12:34:56', quote='20240501_123456')
    >>> time_in_name("mmexport1714550400000.jpg", now).iso, time_in_name("DSC_0001.JPG", now)
    ('2024-05-01T08:00:00Z', None)
    """
    stem = PurePosixPath(name.split("?")[0].replace("\\", "/")).stem
    if marked := _MILLISECONDS.search(stem):
        moment = datetime.fromtimestamp(int(marked[1]) / 1000, UTC).replace(microsecond=0)
        return NamedTime(moment.strftime("%Y-%m-%dT%H:%M:%SZ"), marked[0]) if _can_be(moment, now) else None
    found = _WRITTEN.search(stem)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[part]) for part in _PARTS)
    if found["half"]:  # 12 AM is midnight
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:  # 20241350 is a number, no day
        return None
    return NamedTime(moment.strftime("%Y-%m-%dT%H:%M:%S"), found[0]) if _can_be(moment, now) else None


def _can_be(moment: datetime, now: datetime) -> bool:
    """Between the first cameras and tomorrow: a camera's clock may be a day ahead of UTC."""
    return moment.year >= FIRST_YEAR and (moment - now).days < 1
