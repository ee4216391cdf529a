"""When, where and with what a picture was taken."""

import io
import json

import pytest
from PIL import ExifTags, Image

from tujian.decoding import Decoder
from tujian.errors import DecodeFailed
from tujian.exif import Facts, read_facts
from tujian.pictures import open_picture

TIME, FRACTION, OFFSET = 0x9003, 0x9291, 0x9011
DIGITIZED = 0x9004


def photo(exif_tags=None, gps=None, camera=("", ""), orientation=None, **saved) -> Image.Image:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = camera
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    exif.get_ifd(ExifTags.IFD.Exif).update(exif_tags or {})
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif, **saved)
    return Image.open(file)


def test_a_picture_without_a_camera_has_no_facts():
    assert read_facts(Image.new("RGB", (8, 8))) == Facts(None, None, None, 1)


def test_time_keeps_the_fraction_and_the_offset_that_the_camera_wrote():
    taken = photo({TIME: "2016:06:27 15:29:42", FRACTION: "041", OFFSET: "-04:00"})
    assert read_facts(taken).taken_at == "2016-06-27T15:29:42.041-04:00"


def test_time_without_an_offset_stays_the_cameras_own_clock():
    assert read_facts(photo({TIME: "2016:06:27 15:29:42"})).taken_at == "2016-06-27T15:29:42"


@pytest.mark.parametrize("unset", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2021:13:40 25:61:61", "", "soon"])
def test_a_clock_that_was_never_set_gives_way_to_the_time_of_scanning(unset):
    assert read_facts(photo({TIME: unset})).taken_at is None
    assert read_facts(photo({TIME: unset, DIGITIZED: "2003:09:10 20:59:18"})).taken_at == "2003-09-10T20:59:18"


def test_the_time_of_the_last_edit_is_not_when_it_was_taken():
    edited = Image.Exif()
    edited[ExifTags.Base.DateTime] = "2024:01:01 10:00:00"
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=edited)
    assert read_facts(Image.open(file)).taken_at is None


def test_xmp_tells_the_time_where_exif_does_not():
    xmp = b'<x:xmpmeta><rdf:Description photoshop:DateCreated="2022-01-10T15:15:44-04:00"/></x:xmpmeta>'
    assert read_facts(photo(xmp=xmp)).taken_at == "2022-01-10T15:15:44-04:00"


def test_xmp_tells_when_a_photo_was_begun_but_not_when_a_banner_was():
    xmp = b"<xmp:CreateDate>2011-03-12T15:36:11.00+01:00</xmp:CreateDate>"
    assert read_facts(photo(xmp=xmp, camera=("NIKON", "D5000"))).taken_at == "2011-03-12T15:36:11.00+01:00"
    assert read_facts(photo(xmp=xmp)).taken_at is None


def test_xmp_tells_the_place_where_exif_does_not():
    xmp = b'<rdf:Description exif:GPSLatitude="39,6.9N" exif:GPSLongitude="108,24,3.6W"/>'
    assert read_facts(photo(xmp=xmp)).gps == pytest.approx((39.115, -108.401))


def test_south_and_west_are_negative():
    gps = {1: "S", 2: (33.0, 51.0, 54.0), 3: "W", 4: (70.0, 30.0, 0.0)}
    assert read_facts(photo(gps=gps)).gps == pytest.approx((-33.865, -70.5))


def test_zero_zero_is_a_place_without_a_minus():
    gps = {1: "S", 2: (0.0, 0.0, 0.0), 3: "W", 4: (0.0, 0.0, 0.0)}
    assert str(read_facts(photo(gps=gps)).gps) == "(0.0, 0.0)"


@pytest.mark.parametrize("latitude", [(91.0, 0.0, 0.0), (48.0, 53.3, float("nan")), ()])
def test_a_place_off_the_globe_or_half_written_is_none(latitude):
    gps = {1: "N", 2: latitude, 3: "E", 4: (21.0, 2.0, 0.0)} if latitude else {1: "N", 3: "E"}
    facts = read_facts(_with_gps(gps))
    assert facts.gps is None


def _with_gps(gps) -> Image.Image:
    image = Image.new("RGB", (8, 8))
    image.getexif().get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return image


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS D60", "Canon EOS D60"),
        ("NIKON CORPORATION", "NIKON D5000", "NIKON D5000"),
        ("SONY", "DSC-HX5V", "SONY DSC-HX5V"),
        ("FLIR\0junk", "", "FLIR"),
        ("", "", None),
    ],
)
def test_the_camera_names_its_maker_once(make, model, camera):
    assert read_facts(photo(camera=(make, model))).camera == camera


@pytest.mark.parametrize(("written", "meant"), [(None, 1), (0, 1), (9, 1), (6, 6)])
def test_an_orientation_that_does_not_exist_means_upright(written, meant):
    assert read_facts(photo(orientation=written)).orientation == meant


# exiftool is the label; where it reports what nobody should, the file is named with the reason
LABEL_FAULTS = {
    "exif/Nikon_D5000.jpg": "the seconds are 0/0: exiftool prints an empty place, which scores nothing",
    "exif/FLIR_iPhone_device.jpg": "place only in FLIR's own record, and the label lost its W (Los Angeles in China)",
    "exif/FujiFilm_SP-2500.jpg": "the label is the blank time of a scanner; we give the time of scanning",
}
DAMAGED = {
    "exif/NegativeArraySizeException.ItemInfoBox.init.heif": "a flipped bit in its index: libheif finds its end early",
    "exif/IllegalArgumentException.HeifReader.processBoxes.heif": "cut off after 8 kB of 41 kB",
}


@pytest.mark.realdata
def test_size_time_and_place_of_every_labelled_photo_are_right(shared):
    lines = (shared / "data" / "manifest.jsonl").read_text().splitlines()
    entries = [entry for entry in map(json.loads, lines) if entry["kind"] == "exif"]
    assert len(entries) > 40
    wrong = []
    with Decoder() as decoder:
        for entry in entries:
            path = shared / "data" / entry["path"]
            if entry["path"] in DAMAGED:
                with pytest.raises(DecodeFailed):
                    open_picture(path, decoder=decoder, max_bytes=50_000_000)
                continue
            picture = open_picture(path, decoder=decoder, max_bytes=50_000_000)
            if entry["path"] not in LABEL_FAULTS:
                wrong += [(entry["path"], fault) for fault in _faults(picture, entry["labels"])]
    assert wrong == []


def _faults(picture, labels) -> list[str]:
    told, faults = labels["exiftool"], []
    if list(picture.size_px) != list(labels["display_size"]):
        faults.append(f"size {picture.size_px}")
    if labels["has_gps"] and picture.gps != pytest.approx((told["GPSLatitude"], told["GPSLongitude"]), abs=1e-4):
        faults.append(f"gps {picture.gps}")
    time = told.get("DateTimeOriginal") or told.get("CreateDate")
    if time and (picture.taken_at or "")[:19] != f"{time[:10].replace(':', '-')}T{time[11:19]}":
        faults.append(f"time {picture.taken_at}")
    return faults


def test_what_a_crafted_file_writes_into_its_facts_stays_short():
    long = photo({TIME: "2016:06:27 15:29:42", FRACTION: "1" * 20_000}, camera=("A" * 15_000, "B" * 15_000))
    facts = read_facts(long)
    assert len(facts.camera or "") <= 401 and len(facts.taken_at or "") <= 29
    xmp = b'<a exif:GPSLatitude="' + b"," * 50_000 + b'N" exif:GPSLongitude="1,2.3W" exif:DateTimeOriginal="2016-0'
    assert read_facts(photo(xmp=xmp)).gps is None
