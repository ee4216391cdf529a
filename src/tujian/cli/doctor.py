"""`tujian doctor`: each thing that must work, tried for real, with its fix."""

import ctypes.util
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tujian.database import open_database
from tujian.errors import Lang, TujianError
from tujian.house import House, Wish
from tujian.settings import Settings

LEAST_DISK_MB = 500


class Finding(NamedTuple):
    good: bool | None  # None: worth knowing, no fault
    zh: str
    en: str


def run(settings: Settings) -> int:
    """Prints findings; 0 when nothing is wrong."""
    findings = list(_look(settings))
    for finding in findings:
        mark = {True: "✓", False: "✗", None: "–"}[finding.good]
        print(f"{mark} {finding.zh if settings.lang == 'zh' else finding.en}")
    return 1 if any(finding.good is False for finding in findings) else 0


def _look(settings: Settings) -> Iterator[Finding]:
    python = platform.python_version()
    yield Finding(
        sys.version_info >= (3, 11), f"Python {python}（需要 3.11–3.13）", f"Python {python} (3.11–3.13 needed)"
    )
    yield _library()
    yield from _home(settings)
    yield _tried(settings.lang, "识别一张空白图片", "looking at a blank picture", lambda: _rehearse(settings))
    yield from _engine(settings)
    if settings.embedder is not None:
        yield _tried(settings.lang, "文字向量服务", "the embedding server", lambda: _embed(settings))


def _library() -> Finding:
    found = sys.platform != "linux" or ctypes.util.find_library("gomp") is not None
    fix = "" if found else "：apt-get install libgomp1"
    return Finding(found or None, f"系统库 libgomp1{fix}", f"system library libgomp1{fix.replace('：', ': ')}")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home_dir
    yield _tried(
        settings.lang,
        f"数据目录 {home}",
        f"home folder {home}",
        lambda: open_database(settings.database_place).close(),
    )
    free_mb = shutil.disk_usage(home if home.is_dir() else home.parent).free // 1_000_000
    yield Finding(free_mb >= LEAST_DISK_MB, f"磁盘剩余 {free_mb} MB", f"{free_mb} MB of disk free")


def _rehearse(settings: Settings) -> None:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(file, "PNG")
    house = House(settings.model_copy(update={"engine": "none", "cache_mb": 0}))
    try:
        house.record(file.getvalue(), Wish("describe", settings.lang))
    finally:
        house.close()


def _engine(settings: Settings) -> Iterator[Finding]:
    from tujian.engines.attaching import attach

    try:
        engine = attach(settings)
    except TujianError as error:
        yield Finding(False, f"{error.zh.message}{error.zh.remedy}", f"{error.en.message} {error.en.remedy}")
        return
    if engine is None:
        yield Finding(
            None,
            "没有视觉语言模型（可选）：tujian models list，或 TUJIAN_ENGINE_URL",
            "no vision-language model (optional): tujian models list, or TUJIAN_ENGINE_URL",
        )
        return
    url = engine.place.url or ""
    yield _tried(settings.lang, f"引擎 {url}", f"engine {url}", lambda: print("  ", engine.used().model))
    engine.close()


def _tried(lang: Lang, zh: str, en: str, attempt: Callable[[], None]) -> Finding:
    begun = time.perf_counter()
    try:
        attempt()
    except TujianError as error:
        said_zh, said_en = error.zh, error.en
        return Finding(False, f"{zh}：{said_zh.message}{said_zh.remedy}", f"{en}: {said_en.message} {said_en.remedy}")
    except (OSError, ImportError) as error:
        return Finding(False, f"{zh}：{error}", f"{en}: {error}")
    elapsed_s = time.perf_counter() - begun
    return Finding(True, f"{zh}（{elapsed_s:.1f} 秒）", f"{en} ({elapsed_s:.1f} s)")


def _embed(settings: Settings) -> None:
    from tujian.engines.embedding import RemoteEmbedder

    embedder = RemoteEmbedder.from_settings(settings)
    if embedder is not None:
        embedder.query("图鉴")
        embedder.close()
