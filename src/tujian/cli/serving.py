"""`tujian serve`: the port is taken first, the models load behind it, and one line says when it is ready."""

import os
import socket
import sys
import threading
import time

import uvicorn

from tujian.api import create_app
from tujian.api.patience import Patient
from tujian.engines.choosing import first_words
from tujian.engines.embedding import texts_leave_for
from tujian.engines.machine import read_memory
from tujian.errors import BadSettings, TujianError
from tujian.house import House
from tujian.logs import open_log
from tujian.scratch import scratch_folder
from tujian.settings import Settings

SHUTDOWN_S = 3  # for answers that are being said when somebody presses Ctrl-C


def run(settings: Settings) -> int:
    """Serves until stopped. Raises BadSettings when the port is taken or the address needs a token."""
    if not settings.is_loopback and settings.token is None:
        raise BadSettings(
            zh=(f"监听 {settings.host} 会让别的机器也能访问，需要令牌。", "请设置 TUJIAN_TOKEN，或只监听 127.0.0.1。"),
            en=(
                f"Listening on {settings.host} lets other machines in: a token is needed.",
                "Set TUJIAN_TOKEN, or listen on 127.0.0.1.",
            ),
        )
    listening = _listen(settings)
    open_log(settings.log)
    with scratch_folder(settings.home_dir):
        return _serve(settings, listening)


def _serve(settings: Settings, listening: socket.socket) -> int:
    house = House(settings)
    port = listening.getsockname()[1]
    config = uvicorn.Config(
        create_app(house),
        http=Patient,
        log_config=None,  # its lines go the way of ours
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_warm, args=(house, server, settings, port), daemon=True).start()
    server.run(sockets=[listening])
    return 0 if house.is_warm else 1


def _warm(house: House, server: uvicorn.Server, settings: Settings, port: int) -> None:
    """Loads the models, then says so. A broken installation ends the server with its remedy."""
    _say(settings, "正在载入识别模型……", "Loading the perception models …")
    begun = time.monotonic()
    try:
        house.warm()
    except TujianError as error:
        said = error.say(settings.lang)
        sys.stderr.write(f"{said.message} {said.remedy}\n")
        server.should_exit = True
        return
    while not server.started:
        time.sleep(0.02)
    _say(settings, *_engine_words(house))
    if host := texts_leave_for(settings):
        _say(settings, f"条目的文字和要找的话会发送到 {host}", f"Texts of items and questions are sent to {host}")
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host
    shown = f"[{shown}]" if ":" in shown else shown
    print(f"Tujian is ready at http://{shown}:{port}", flush=True)
    _say(
        settings,
        f"（模型载入 {time.monotonic() - begun:.1f} 秒；Ctrl+C 停止）",
        f"(models loaded in {time.monotonic() - begun:.1f} s; Ctrl+C stops)",
    )
    _examine(house, settings)


def _engine_words(house: House) -> tuple[str, str]:
    if house.engine is None:
        return (
            "没有连接视觉语言模型：照常识别文字、条码、颜色、品类。",
            "No vision-language model attached: text, barcodes, colours and categories work.",
        )
    url = house.engine.place.url
    if url is None:
        model = house.engine.used().model
        return (f"视觉语言模型在本机：{model}", f"The vision-language model runs on this machine: {model}")
    return (f"图片会发送到 {url}", f"Pictures are sent to {url}")


def _examine(house: House, settings: Settings) -> None:
    """Loads the engine and tries it on drawn pictures, behind the page; what fails is said."""
    if house.engine is None:
        words = first_words(settings, read_memory())
        if words is not None:
            sys.stderr.write(f"{words.message}\n{words.remedy}\n")
        return
    try:
        house.engine.warm()
        report = house.examine()
    except TujianError as error:
        said = error.say(settings.lang)
        sys.stderr.write(f"{said.message} {said.remedy}\n")
        return
    failed = [check for check in report.checks if not check.passed] if report else []
    for check in failed:
        _say(settings, f"模型自检：{check.zh}", f"Self-test: {check.en}")


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise BadSettings(
            zh=(
                f"{settings.host}:{settings.port} 打不开（{error.strerror}）。",
                "可能已有一个图鉴在运行；用 --port 换一个端口。",
            ),
            en=(
                f"{settings.host}:{settings.port} cannot be opened ({error.strerror}).",
                "Perhaps Tujian runs already; choose another --port.",
            ),
        ) from error
    return listening


def _say(settings: Settings, zh: str, en: str) -> None:
    sys.stderr.write((zh if settings.lang == "zh" else en) + "\n")
    sys.stderr.flush()
