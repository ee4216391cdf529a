"""Any file becomes upright 8-bit RGB on white; a bad one costs a child process, never the parent."""

import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw

from tujian.decoding import Decoder
from tujian.errors import DecodeFailed, PictureTooLarge
from tujian.rendering import PLUGINS

HEAVY = ("numpy", "cv2", "onnxruntime", "rapidocr", "httpx", "pydantic", "fastapi", "sqlalchemy")


@pytest.fixture(scope="module")
def decoder():
    with Decoder(timeout_s=20, memory_mb=1024) as decoder:
        yield decoder


def scene(size_px=(96, 64)) -> Image.Image:
    """Four differing corners: red and green above, blue and white below."""
    image, (width, height) = Image.new("RGB", size_px, "white"), size_px
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), "red")
    draw.rectangle((width // 2, 0, width, height // 2 - 1), "green")
    draw.rectangle((0, height // 2, width // 2 - 1, height), "blue")
    return image


def saved(image: Image.Image, kind="PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def difference(pixels: np.ndarray, image: Image.Image) -> float:
    return float(np.abs(pixels.astype(int) - np.asarray(image.convert("RGB")).astype(int)).mean())


@pytest.mark.parametrize("kind", sorted(PLUGINS.keys() - {"HEIC"}))  # nothing here can write HEIC: realdata has it
def test_every_kind_decodes_to_the_same_scene(decoder, kind):
    options = {"sizes": [(96, 64)]} if kind == "ICO" else {}
    decoded = decoder.decode(saved(scene(), kind, **options), kind)
    assert (decoded.format, decoded.size_px, decoded.notes) == (kind, (96, 64), ())
    assert difference(decoded.pixels, scene()) < 6


def test_a_camera_file_with_a_second_picture_is_told_apart(decoder):
    decoded = decoder.decode(saved(scene(), "MPO", save_all=True, append_images=[scene()]), "JPEG")
    assert (decoded.format, decoded.notes) == ("MPO", ())


STORED_AS = {  # the inverse of EXIF 2.32, tag 0x0112
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_every_orientation_comes_out_upright(decoder, kind, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    decoded = decoder.decode(saved(scene().transpose(STORED_AS[orientation]), kind, exif=exif), kind)
    assert decoded.size_px == (96, 64)
    assert difference(decoded.pixels, scene()) < 6
    assert decoded.facts.orientation == (orientation if kind != "AVIF" else decoded.facts.orientation)


def test_the_working_copy_is_bounded_and_the_original_size_is_kept(decoder):
    decoded = decoder.decode(saved(scene((3000, 1000))), "PNG")
    assert decoded.size_px == (3000, 1000) and decoded.pixels.shape == (683, 2048, 3)


def test_transparency_lies_on_white_in_every_mode_that_has_it(decoder):
    clear = Image.new("RGBA", (32, 32), (200, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 16, 32))
    palette = clear.convert("RGB").quantize(4)
    white = palette.getpixel((31, 0))
    for content in (saved(clear), saved(clear.convert("LA")), saved(palette, transparency=white)):
        pixels = decoder.decode(content, "PNG").pixels
        assert pixels[0, 0].tolist() == [0, 0, 0] and pixels[0, 31].tolist() == [255, 255, 255]


def test_single_bits_and_cmyk_keep_their_looks(decoder):
    bits = scene().convert("1")
    assert difference(decoder.decode(saved(bits), "PNG").pixels, bits) == 0
    cmyk = saved(scene().convert("CMYK"), "JPEG", quality=95)  # Pillow writes it inverted, as Adobe does
    assert b"Adobe" in cmyk
    assert difference(decoder.decode(cmyk, "JPEG").pixels, scene()) < 12


@pytest.mark.parametrize(("white", "notes"), [(65535, ()), (4095, ("range_guessed",))])
def test_16_bits_are_scaled_from_the_range_they_use(decoder, white, notes):
    ramp = np.linspace(0, white, 64 * 64).reshape(64, 64).astype(np.uint16)
    decoded = decoder.decode(saved(Image.fromarray(ramp), "TIFF"), "TIFF")
    assert decoded.notes == notes
    assert np.abs(decoded.pixels[..., 0] - np.linspace(0, 255, 64 * 64).reshape(64, 64)).max() <= 1


def test_floating_point_from_0_to_1_is_light_from_black_to_white(decoder):
    ramp = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    pixels = decoder.decode(saved(Image.fromarray(ramp), "TIFF"), "TIFF").pixels
    assert pixels[0, 0, 0] == 0 and pixels[-1, -1, 0] == 255 and abs(int(pixels[32, 0, 0]) - 128) <= 1


def test_colours_come_through_their_profile(decoder):
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    lab = ImageCms.profileToProfile(scene(), ImageCms.createProfile("sRGB"), swapped, outputMode="LAB")
    assert difference(decoder.decode(saved(lab, "TIFF"), "TIFF").pixels, scene()) < 6


def test_srgb_is_left_alone(decoder):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    left = decoder.decode(saved(scene(), icc_profile=srgb), "PNG")
    assert left.notes == () and difference(left.pixels, scene()) == 0


def test_a_broken_profile_is_ignored_and_said(decoder):
    decoded = decoder.decode(saved(scene(), icc_profile=b"no profile at all"), "PNG")
    assert decoded.notes == ("icc_ignored",) and difference(decoded.pixels, scene()) == 0


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_an_animation_shows_its_first_frame_and_says_so(decoder, kind):
    other = scene().transpose(Image.Transpose.ROTATE_180)
    decoded = decoder.decode(saved(scene(), kind, save_all=True, append_images=[other]), kind)
    assert decoded.notes == ("first_frame",) and difference(decoded.pixels, scene()) < 6


def noise(size_px=(640, 480)) -> Image.Image:
    return Image.effect_noise(size_px, 90).convert("RGB")


def test_a_jpeg_cut_late_is_taken_and_said(decoder):
    whole = saved(noise(), "JPEG")
    decoded = decoder.decode(whole[: len(whole) * 8 // 10], "JPEG")
    assert decoded.notes == ("truncated",) and decoded.size_px == (640, 480)


@pytest.mark.parametrize(("kind", "share"), [("JPEG", 0.2), ("PNG", 0.8), ("WEBP", 0.8), ("TIFF", 0.8), ("AVIF", 0.5)])
def test_a_file_cut_early_or_of_another_kind_is_refused_with_a_remedy(decoder, kind, share):
    whole = saved(noise(), kind)
    with pytest.raises(DecodeFailed) as refused:
        decoder.decode(whole[: int(len(whole) * share)], kind)
    assert refused.value.say("zh").remedy and refused.value.say("en").remedy


def test_dhash_survives_re_encoding_and_tells_scenes_apart(decoder):
    png, jpeg = decoder.decode(saved(scene()), "PNG").dhash, decoder.decode(saved(scene(), "JPEG"), "JPEG").dhash
    other = decoder.decode(saved(scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT)), "PNG").dhash
    assert len(png) == 16
    assert (int(png, 16) ^ int(jpeg, 16)).bit_count() <= 4 < (int(png, 16) ^ int(other, 16)).bit_count()


def test_a_large_jpeg_is_reduced_while_decoding(decoder):
    decoded = decoder.decode(saved(Image.new("L", (8000, 6000), 90), "JPEG"), "JPEG")
    assert decoded.notes == ("reduced",)
    assert decoded.size_px == (8000, 6000) and decoded.pixels.shape == (1536, 2048, 3)


@pytest.mark.parametrize(("kind", "size_px"), [("PNG", (8000, 6000)), ("JPEG", (40_000, 8)), ("PNG", (65_535, 4))])
def test_too_many_pixels_are_refused_before_decoding(decoder, kind, size_px):
    with pytest.raises(PictureTooLarge) as refused:
        decoder.decode(saved(Image.new("L", size_px), kind), kind)
    assert str(size_px[0]) in refused.value.say("en").message and "MP" in refused.value.say("zh").remedy


def test_a_picture_that_needs_more_memory_than_allowed_is_refused_and_the_next_one_works():
    with Decoder(memory_mb=256) as decoder:
        with pytest.raises(DecodeFailed, match="memory"):
            decoder.decode(saved(Image.new("RGBA", (7000, 5700), "red")), "PNG")
        assert decoder.decode(saved(scene()), "PNG").size_px == (96, 64)


def children() -> set[psutil.Process]:
    return {child for child in psutil.Process().children() if "tujian.decoding" in child.cmdline()}


def only_child_of(decoder: Decoder, before: set[psutil.Process]) -> psutil.Process:
    decoder.start()
    (child,) = children() - before
    return child


def test_a_decoder_that_hangs_is_stopped_at_the_deadline_and_the_next_picture_works():
    before = children()
    with Decoder(timeout_s=2) as decoder:
        child = only_child_of(decoder, before)
        child.suspend()  # a hang, as the parent sees it
        started = time.monotonic()
        with pytest.raises(DecodeFailed, match="longer than 2 s") as refused:
            decoder.decode(saved(scene()), "PNG")
        assert 2 <= time.monotonic() - started < 4
        assert "缩小图片" in refused.value.say("zh").remedy
        assert decoder.decode(saved(scene()), "PNG").size_px == (96, 64)
        assert child not in children()


def segfault(child: psutil.Process) -> None:
    child.send_signal(signal.SIGSEGV)
    child.resume()


def test_a_decoder_that_is_killed_at_a_picture_is_replaced_and_the_picture_decoded():
    before = children()
    with Decoder() as decoder:
        child = only_child_of(decoder, before)
        child.suspend()
        threading.Timer(0.3, segfault, [child]).start()
        assert decoder.decode(saved(scene()), "PNG").size_px == (96, 64)
        assert child not in children()


def test_a_picture_that_crashes_two_decoders_fails_and_the_next_one_works():
    before, done = children(), threading.Event()

    def crash_all() -> None:
        crashed = 0
        while crashed < 2 and not done.wait(0.005):
            for child in children() - before:
                with contextlib.suppress(psutil.Error):
                    child.kill()
                    child.wait(5)
                    crashed += 1

    with Decoder() as decoder:
        only_child_of(decoder, before).suspend()
        crasher = threading.Thread(target=crash_all)
        crasher.start()
        with pytest.raises(DecodeFailed, match="crashed"):
            decoder.decode(saved(scene()), "PNG")
        done.set()
        crasher.join()
        assert decoder.decode(saved(scene()), "PNG").size_px == (96, 64)


def test_a_child_killed_while_idle_is_replaced_unnoticed():
    before = children()
    with Decoder() as decoder:
        child = only_child_of(decoder, before)
        child.kill()
        child.wait(5)
        assert decoder.decode(saved(scene()), "PNG").size_px == (96, 64)
    assert children() == before


def test_threads_share_a_decoder():
    contents = [saved(scene((40 + n, 30))) for n in range(12)]
    sizes = []
    with Decoder(children=2) as decoder:
        threads = [
            threading.Thread(target=lambda c=content: sizes.append(decoder.decode(c, "PNG").size_px))
            for content in contents
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(sizes) == [(40 + n, 30) for n in range(12)]


def test_the_child_ends_with_its_parent():
    code = "from tujian.decoding import Decoder; d = Decoder(); d.start(); print('up', flush=True); input()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout and parent.stdin and parent.stdout.readline() == b"up\n"
    (child,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.communicate()
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone == [child]


def test_the_child_loads_pillow_and_nothing_heavy():
    code = "import sys, tujian.decoding as d; d.load_plugins(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "PIL.AvifImagePlugin" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_nothing_is_printed_and_a_decode_takes_milliseconds(decoder, capfd):
    photo = saved(noise((768, 576)), "JPEG", quality=88)
    decoder.decode(photo, "JPEG")
    started = time.perf_counter()
    decoder.decode(photo, "JPEG")
    assert time.perf_counter() - started < 0.5  # some 10 ms; the rest is for a busy machine
    with pytest.raises(DecodeFailed):
        decoder.decode(saved(scene(), "TIFF", compression="tiff_lzw")[:300], "TIFF")
    assert capfd.readouterr() == ("", "")


@pytest.mark.realdata
def test_all_orientation_variants_look_alike_upright(decoder, shared):
    for group in ("Landscape", "Portrait"):
        paths = sorted((shared / "data" / "exif" / "orientation").glob(f"{group}_*.jpg"))
        assert len(paths) >= 4
        small = []
        for path in paths:
            pixels = decoder.decode(path.read_bytes(), "JPEG").pixels
            small.append(np.asarray(Image.fromarray(pixels).resize((60, 60))).astype(int))
        # each variant has its number painted into it, so a few per cent of the pixels differ
        assert max(np.abs(one - small[0]).mean() for one in small[1:]) < 8


@pytest.mark.realdata
def test_heic_is_turned_once(decoder, shared):
    entries = map(json.loads, (shared / "data" / "manifest.jsonl").read_text().splitlines())
    sizes = {e["path"]: e["labels"]["display_size"] for e in entries if e["path"].endswith(".heic")}
    assert sizes
    for path, size_px in sizes.items():
        decoded = decoder.decode((shared / "data" / path).read_bytes(), "HEIC")
        assert list(decoded.size_px) == size_px and decoded.format == "HEIC"
