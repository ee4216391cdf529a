"""Foreign addresses: what may be opened, what may not, and nothing that never ends."""

import base64
import io
import socket
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from PIL import Image

from tujian.decoding import Decoder
from tujian.errors import BadSettings, FetchFailed, FetchRefused, PictureTooLarge, UnreadablePicture
from tujian.fetching import Fetcher
from tujian.pictures import open_picture

HERE = ["127.0.0.0/8"]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@contextmanager
def server(*answers: bytes, pause_s: float = 0):
    """A socket that gives each connection the next of `answers` (the last one again), byte by byte if it pauses."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        for count in range(100):
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=reply, args=(connection, count), daemon=True).start()

    def reply(connection: socket.socket, count: int) -> None:
        with connection:
            try:
                asked.append(connection.recv(65536))
                answer = answers[min(count, len(answers) - 1)]
                for part in [answer[i : i + 1] for i in range(len(answer))] if pause_s else [answer]:
                    connection.sendall(part)
                    time.sleep(pause_s)
            except OSError:
                return  # the other side hung up, as it should

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
    finally:
        listening.close()


def ok(body: bytes, head: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def fetcher(allow=HERE, timeout_s=5.0, max_bytes=1_000_000, **look_up) -> Fetcher:
    return Fetcher(allow, timeout_s, max_bytes, **look_up)


FORBIDDEN = [
    # loopback, in every spelling that some library reads
    *("http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0177.0.0.1/", "http://0x7f.0.0.1/"),
    *(
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://127.255.255.254/",
    ),
    *("http://localhost/", "http://LOCALHOST/", "http://0/", "http://0.0.0.0/"),
    *(
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
    ),
    *("http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://①②⑦.⓪.⓪.①/"),
    *("http://127。0。0。1/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.com/"),
    # private networks and the neighbours
    *("http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/"),
    *("http://169.254.1.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/"),
    *(
        "http://[fc00::1]/",
        "http://[fd12:3456::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[ff02::1]/",
    ),
    *("http://0xa.0.0.1/", "http://3232235777/", "http://[::ffff:192.168.1.1]/", "http://[::ffff:10.0.0.1]/"),
    # cloud metadata
    *("http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://100.100.100.200/"),
    *("http://2852039166/", "http://0xa9fea9fe/", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/"),
    # IPv4 within IPv6 in every way that ever was one, and what is nobody's
    *("http://[::ffff:0:127.0.0.1]/", "http://[::ffff:0:7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[fec0::1]/"),
    *("http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "http://[fe80::5efe:127.0.0.1]/", "http://[100::1]/"),
    *("http://[::1%25lo]/", "http://[::1%lo]/", "http://[2001:db8::1]/", "http://[4000::1]/", "http://192.0.2.1/"),
    *("http://[0000:0000:0000:0000:0000:ffff:7f00:0001]/", "http://192.0.0.8/", "http://4294967295/"),
    # letters that become others, blanks, line ends, backslashes, two names in one
    *("http://１２７.０.０.１/", "http://127\u3002\uff10.0.1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://\u200b127.0.0.1/"),
    *("http://127.0.0.1\r\nX: y/", "http://example.com\r\n@127.0.0.1/", "http://exam\tple.com@127.0.0.1/"),
    *("http://example.com%0d%0aHost:%20127.0.0.1/", "http://exa mple.com/", "http://127.0.0.1\t/", "HTTP://LocalHost/"),
    *("http://127.0.0.1\\@example.com/", "http://example.com\\@127.0.0.1/", "http:\\\\127.0.0.1/", "http:/127.0.0.1/"),
    *(
        "http://[::1]\\@example.com/",
        "http:127.0.0.1",
        "http://127.0.0.1:80:80/",
        "http://1.1.1.1 &@2.2.2.2# @127.0.0.1/",
    ),
    *(
        "http://127.000.000.001/",
        "http://0177.1/",
        "http://00000177.0.0.1/",
        "http://127%2e0%2e0%2e1/",
        "http://:@127.0.0.1/",
    ),
    # disguises, ports and schemes
    *("http://example.com@127.0.0.1/", "http://user:secret@example.com/", "http://127.0.0.1#@example.com/"),
    *("http://example.com:22/", "http://example.com:6379/", "https://127.0.0.1/", "http://127.0.0.1:80/"),
    *("ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http:///etc/passwd", "http://"),
]


@pytest.fixture
def connections(monkeypatch) -> list[object]:
    """Every address that a socket of this process is connected to."""
    made: list[object] = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: (made.append(to), connect(self, to))[1])
    return made


def test_there_are_many_of_them_all_different():
    assert len(set(FORBIDDEN)) == len(FORBIDDEN) >= 100


@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_spelling_of_an_inner_address_is_opened(url, connections):
    with pytest.raises(FetchRefused) as refused:
        fetcher(allow=[]).fetch(url)
    assert connections == []
    assert all("TUJIAN_FETCH_ALLOW" in refused.value.say(lang).remedy for lang in ("zh", "en"))


def answering(*addresses: str):
    asked = []

    def look_up(host, port, *_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return look_up, asked


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.5",),
        ("93.184.216.34", "127.0.0.1"),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:0:7f00:1",),
        ("fe80::1%eth0",),
    ],
)
def test_a_name_that_leads_inside_is_refused_even_if_it_also_leads_outside(addresses, connections):
    look_up, asked = answering(*addresses)
    with pytest.raises(FetchRefused):
        fetcher(allow=[], look_up=look_up).fetch("http://shop.example/a.jpg")
    assert asked == ["shop.example"] and connections == []


@pytest.mark.parametrize(
    "name", ["127.0.0.1.nip.io", "localtest.me", "localhost.localdomain", "ip6-localhost", "localhost."]
)
def test_public_names_of_this_machine_are_refused(name, connections):
    look_up, _ = answering("127.0.0.1")
    with pytest.raises(FetchRefused):
        fetcher(allow=[], look_up=look_up).fetch(f"http://{name}/")
    assert connections == []


def test_a_name_that_changes_its_mind_is_asked_once_for_each_redirect(connections):
    """DNS rebinding: outside when it is checked, inside when it is opened, or at the redirect."""
    answers = iter(["127.0.0.1", "10.0.0.1"])

    def look_up(host, port, *_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    with server(redirect("/again")) as (url, _), pytest.raises(FetchRefused):
        fetcher(look_up=look_up).fetch(url.replace("127.0.0.1", "shop.example"))
    assert [to[0] for to in connections] == ["127.0.0.1"]


def test_a_name_is_resolved_once_and_the_answer_is_what_is_opened():
    with server(ok(PNG)) as (url, asked_server):
        port = int(url.rsplit(":", 1)[1])
        look_up, asked = answering("127.0.0.1")
        assert fetcher(look_up=look_up).fetch(f"http://shop.example:{port}/a.png?x=1") == PNG
    assert asked == ["shop.example"]
    request = asked_server[0].decode().lower()
    assert request.startswith("get /a.png?x=1 http/1.1") and f"host: shop.example:{port}" in request
    assert "accept-encoding: identity" in request and "cookie" not in request and "authorization" not in request


def test_the_allowed_network_opens_its_ports_and_no_others():
    look_up, _ = answering("93.184.216.34")
    with pytest.raises(FetchRefused, match="8080"):
        fetcher(look_up=look_up).fetch("http://shop.example:8080/")
    with pytest.raises(FetchRefused):
        fetcher().fetch("http://10.0.0.1/")


def test_a_wrong_network_in_the_settings_is_said():
    with pytest.raises(BadSettings, match="TUJIAN_FETCH_ALLOW"):
        fetcher(allow=["10.1.0.0/99"])


def test_redirects_are_followed_within_the_policy():
    with server(redirect("/b"), ok(PNG)) as (url, asked):
        assert fetcher().fetch(url) == PNG
    assert asked[1].startswith(b"GET /b ")


@pytest.mark.parametrize(
    "inner", ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "file:///etc/passwd"]
)
def test_a_redirect_to_an_inner_address_is_refused(inner):
    with server(redirect(inner)) as (url, _), pytest.raises(FetchRefused):
        fetcher().fetch(url)


def test_redirects_without_end_are_cut():
    with server(redirect("/again")) as (url, asked), pytest.raises(FetchFailed, match="redirects"):
        fetcher().fetch(url)
    assert len(asked) == 6


def test_a_body_larger_than_the_limit_is_cut_whatever_its_header_says():
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3_000_000)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + bytes(65535) + b"\r\n") * 40
    declared = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    for answer in (endless, chunked, declared):
        with server(answer) as (url, _), pytest.raises(PictureTooLarge, match="1 MB"):
            fetcher().fetch(url)


@pytest.mark.parametrize("answer", [ok(bytes(500)), b"HTTP/1.1 200 OK\r\nX-Slow: " + bytes(500)])
def test_a_drip_is_cut_at_the_deadline_in_head_and_body(answer):
    started = time.monotonic()
    with server(answer, pause_s=0.05) as (url, _), pytest.raises(FetchFailed, match="longer than 1 s"):
        fetcher(timeout_s=1).fetch(url)
    assert time.monotonic() - started < 2


def test_a_compressed_bomb_is_not_unpacked(connections):
    """A megabyte of deflated zeros stands for a gigabyte; the answer is refused by its header, and read no further."""
    bomb = zlib.compress(bytes(200_000_000), 9)
    for coding in ("gzip", "deflate", "br, gzip", "GZIP"):
        with (
            server(ok(bomb, f"Content-Encoding: {coding}\r\n")) as (url, _),
            pytest.raises(FetchFailed, match="compressed"),
        ):
            fetcher().fetch(url)


def test_a_slow_address_does_not_keep_the_others_waiting():
    """Eight slow-loris servers at once, and one that is quick."""
    with server(ok(bytes(500)), pause_s=0.2) as (slow, _), server(ok(PNG)) as (quick, _), ThreadPoolExecutor(9) as pool:
        shared = fetcher(timeout_s=1.5)
        lost = [pool.submit(shared.fetch, slow) for _ in range(8)]
        begun = time.monotonic()
        assert pool.submit(shared.fetch, quick).result() == PNG and time.monotonic() - begun < 1
        assert all(isinstance(one.exception(), FetchFailed) for one in lost)
        assert time.monotonic() - begun < 4


def test_a_name_server_that_never_answers_is_left_at_the_deadline():
    def look_up(*_):
        time.sleep(5)

    started = time.monotonic()
    with pytest.raises(FetchFailed, match="longer than 1 s"):
        fetcher(timeout_s=1, look_up=look_up).fetch("http://shop.example/")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "500"),
        (ok(PNG, "Content-Encoding: gzip\r\n"), "compressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nshort", "connection"),
        (b"220 mail.example ESMTP\r\n", "connection"),
        (b"", "connection"),
    ],
)
def test_an_answer_without_a_picture_says_what_came(answer, why):
    with server(answer) as (url, _), pytest.raises(FetchFailed, match=why) as failed:
        fetcher().fetch(url)
    assert failed.value.say("zh").remedy


def test_a_server_that_is_not_there_and_a_name_that_does_not_exist_are_failures_not_refusals():
    with pytest.raises(FetchFailed):
        fetcher().fetch("http://127.0.0.1:9/")

    def look_up(*_):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(FetchFailed):
        fetcher(look_up=look_up).fetch("http://no.such.example/")


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with server(ok(PNG)) as (url, _):
        assert fetcher().fetch(url) == PNG


def test_an_address_becomes_a_picture_and_a_web_page_is_called_one():
    with Decoder() as decoder, server(ok(PNG), ok(b"<!doctype html><title>Shop</title>")) as (url, _):
        picture = open_picture(f"{url}/a", decoder=decoder, fetcher=fetcher(), max_bytes=1_000_000)
        assert (picture.path, picture.size_px) == (f"{url}/a", Image.open(io.BytesIO(PNG)).size)
        with pytest.raises(UnreadablePicture, match="web page"):
            open_picture(url, decoder=decoder, fetcher=fetcher(), max_bytes=1_000_000)
