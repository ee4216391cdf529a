"""The time in a file's name, where the camera wrote none. req: E3"""

from datetime import UTC, datetime

import pytest
from drawn import percepts, picture

from tujian.file_times import NamedTime, time_in_name
from tujian.findings import find_claims
from tujian.house import House, Wish
from tujian.knowledge import Knowledge
from tujian.reconcile import settle
from tujian.records import Verdict
from tujian.settings import Settings
from tujian.tasks import Tasks

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MAY = "2024-05-01T12:34:56"
ALBUM = Tasks.load().get("album")


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20240501_123456.jpg",
        "PXL_20240501_123456789.jpg",
        "PXL_20240501_123456789.PORTRAIT.jpg",
        "MVIMG_20240501_123456.jpg",
        "20240501_123456.jpg",
        "20240501_123456(0).jpg",
        "Screenshot_2024-05-01-12-34-56.png",
        "Screenshot_2024-05-01-12-34-56-123_com.tencent.mm.jpg",
        "Screenshot_20240501-123456_Chrome.jpg",
        "Screenshot 2024-05-01 123456.png",
        "Screenshot 2024-05-01 at 12.34.56.png",
        "屏幕截图 2024-05-01 123456.png",
        "截屏2024-05-01 12.34.56.png",
        "微信图片_20240501123456.jpg",
        "微信图片_20240501123456_12.jpg",
        "QQ图片20240501123456.jpg",
        "WhatsApp Image 2024-05-01 at 12.34.56.jpeg",
        "WhatsApp Image 2024-05-01 at 12.34.56 PM.jpeg",
        "photo_2024-05-01_12-34-56.jpg",
        "signal-2024-05-01-12-34-56-123.jpg",
        "2024年05月01日12时34分56秒.jpg",
        "D:\\相册\\IMG_20240501_123456.jpg",
        "https://shop.example/IMG_20240501_123456.jpg?size=800",
    ],
)
def test_names_that_phones_and_messengers_write(name):
    named = time_in_name(name, NOW)
    assert named is not None and named.iso == MAY and named.quote in name


def test_halves_of_the_day_are_understood():
    names = ("Screen Shot 2024-05-01 at 3.04.05 PM.png", "Screen Shot 2024-05-01 at 12.04.05 AM.png")
    assert [time_in_name(name, NOW).iso[11:] for name in names] == ["15:04:05", "00:04:05"]  # pyright: ignore


def test_milliseconds_since_1970_are_utc_and_say_so():
    assert time_in_name("mmexport1714550400000.jpg", NOW) == NamedTime("2024-05-01T08:00:00Z", "mmexport1714550400000")


@pytest.mark.parametrize(
    "name",
    [
        "DSC_0001.JPG",
        "IMG_1234.HEIC",
        "DSC20240501.jpg",
        "20240501.jpg",  # a day is no time
        "IMG-20240501-WA0007.jpg",  # nor is WhatsApp's running number
        "IMG_20241301_123456.jpg",
        "IMG_20240230_123456.jpg",
        "IMG_20240501_253456.jpg",
        "IMG_20240501_126056.jpg",
        "IMG_19010101_000000.jpg",
        "IMG_20991231_235959.jpg",
        "6901234567892_20240501.jpg",
        "1202405011234567.jpg",
        "12345620240501123456.jpg",
        "mmexport9914550400000.jpg",
        "2024-05_01-12-34-56.jpg",
        "01-05-2024 12-34-56.jpg",
        "",
    ],
)
def test_what_is_no_time_or_cannot_be_is_none(name):
    assert time_in_name(name, NOW) is None


def test_a_camera_may_be_hours_ahead_of_utc():
    assert time_in_name("IMG_20261126_140000.jpg", NOW) is not None


def taken(**facts):
    field = next(f for f in ALBUM.fields if f.name == "taken_at")
    claims = find_claims(picture(**facts), percepts(), ALBUM, Knowledge.load(), "zh")
    return settle(field, [c for c in claims if c.field_name == "taken_at"], "zh")


def test_a_time_out_of_the_name_says_so_and_stays_unchecked():
    value = taken(named_at=NamedTime(MAY, "20240501_123456"))
    assert (value.value, value.verdict) == (MAY, Verdict.UNCHECKED)
    assert (value.evidence[0].by, value.evidence[0].quote) == ("file name", "20240501_123456")


def test_the_cameras_word_goes_before_the_name():
    value = taken(taken_at="2016-06-27T15:29:42-04:00", named_at=NamedTime(MAY, "20240501_123456"))
    assert value.value == "2016-06-27T15:29:42-04:00"
    assert [evidence.source for evidence in value.evidence] == ["exif"] and value.candidates == []


def test_the_same_bytes_under_another_name_get_their_own_time(tmp_path, samples):
    house = House(Settings(home=tmp_path, engine="none"))
    milk = (samples / "milk-front.jpg").read_bytes()
    records = [
        house.record(milk, Wish("album"), name=name)
        for name in ("IMG_20240501_123456.jpg", "IMG_20230401_000000.jpg", "milk.jpg", "IMG_20240501_123456.jpg")
    ]
    house.close()
    assert [r["taken_at"].value for r in records] == [MAY, "2023-04-01T00:00:00", None, MAY]
    assert all(record.picture.taken_at is None for record in records)
    assert "stored" in records[3].timings_ms
