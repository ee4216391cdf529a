"""The only code that opens a foreign address.

Enters: an http(s) address that somebody typed or sent. Leaves: the bytes behind it, or FetchRefused (may not be
opened) or FetchFailed (was opened, gave nothing usable). ssrfguard resolves a name once, checks every address it
got and connects to exactly those, at every redirect anew, so neither an odd spelling nor a name that changes its
mind reaches the user's own network. `allow` opens chosen networks of it, on any port (TUJIAN_FETCH_ALLOW).

It keeps one deadline over everything: names, connections, redirects, headers and body. It knows no cookies, no
proxies, no credentials, and not what a picture is.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
import ssrfguard
from ssrfguard.httpx import Client, SafeBackend, SafeTransport

from tujian.clocks import Clock, ClockedBackend
from tujian.errors import BadSettings, FetchFailed, FetchRefused, PictureTooLarge, Said

WEB_PORTS = frozenset({80, 443})
MAX_REDIRECTS = 5
ADDRESSES_TRIED = 2  # one IPv6, one IPv4; each gets half of the time that is left
JUDGED = tuple(map(ipaddress.ip_network, ("2000::/3", "64:ff9b::/96", "::ffff:0:0/96")))  # RFC 4291, 6052
CHUNK_BYTES = 65_536
HEADERS = {
    "User-Agent": "Tujian",
    "Accept": "image/*;q=1, */*;q=0.1",
    "Accept-Encoding": "identity",  # a compressed answer could unpack to any size
}

LookUp = Callable[..., list[Any]]
"""Like socket.getaddrinfo."""

FETCH_TIMEOUT_S = 20.0  # for a whole picture; a choice: a phone's 10 MB at 4 Mbit/s


class Fetcher:
    """Opens addresses within a policy. Threads may share it; each fetch is a client of its own.

    `allow` are private networks that may be reached, such as "10.1.0.0/16". Raises BadSettings if one is none.
    """

    def __init__(
        self, allow: Sequence[str], timeout_s: float, max_bytes: int, *, look_up: LookUp = socket.getaddrinfo
    ) -> None:
        self._timeout_s, self._max_bytes, self._look_up = timeout_s, max_bytes, look_up
        self._policy = _policy(allow)
        self._trust = httpx.create_ssl_context(trust_env=False)

    def fetch(self, url: str) -> bytes:
        """The content behind `url`, at most `max_bytes`, within `timeout_s` in all.

        Raises FetchRefused when the address, or one it redirects to, may not be opened; PictureTooLarge when
        more comes than allowed; FetchFailed for everything else that goes wrong on the way.
        """
        clock = Clock.of(self._timeout_s)
        with self._explained(), self._client(clock) as client, client.stream("GET", url) as response:
            return self._body(response, clock)

    def tell(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Posts `body`; what is answered is not read. Raises FetchRefused as `fetch` does, else FetchFailed."""
        clock = Clock.of(self._timeout_s)
        with (
            self._explained(),
            self._client(clock, redirected=False) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            status = response.status_code
        if not 200 <= status < 300:
            raise _failed(f"服务器回答 {status}", f"the server answered {status}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (ssrfguard.BlockedURLError, ssrfguard.BlockedAddressError, _Refused) as error:
            raise _refused(error.reason) from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
            raise _refused(str(error)) from error
        except ssrfguard.TooManyRedirectsError as error:
            raise _failed(f"转向超过 {MAX_REDIRECTS} 次", f"it redirects more than {MAX_REDIRECTS} times") from error
        except httpx.TimeoutException as error:
            raise self._overdue() from error
        except (httpx.HTTPError, OSError) as error:
            raise _failed(f"连接失败：{error}", f"the connection failed: {error}") from error

    def _client(self, clock: Clock, *, redirected: bool = True) -> Client:
        transport = _Transport(self._policy, self._trust, clock, _Resolver(self._policy, self._look_up, clock))
        return Client(
            transport=transport, trust_env=False, follow_redirects=redirected, headers=HEADERS, timeout=self._timeout_s
        )

    def _body(self, response: httpx.Response, clock: Clock) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise _failed(f"服务器回答 {response.status_code}", f"the server answered {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise _failed("服务器压缩了内容", "the server compressed the content although it was asked not to")
        declared = response.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large()
        whole = bytearray()
        for chunk in response.iter_raw(CHUNK_BYTES):
            whole += chunk
            if len(whole) > self._max_bytes:  # Content-Length may lie or be absent
                raise self._too_large()
            clock.left_s(httpx.ReadTimeout)
        return bytes(whole)

    def _overdue(self) -> FetchFailed:
        return FetchFailed(
            zh=(
                f"下载超过 {self._timeout_s:g} 秒，已停止。",
                "请稍后再试，或先下载再上传。",
            ),
            en=(
                f"The download took longer than {self._timeout_s:g} s and was stopped.",
                "Try later, or give the file itself.",
            ),
        )

    def _too_large(self) -> PictureTooLarge:
        limit_mb = self._max_bytes / 1e6
        return PictureTooLarge(
            zh=(f"这个网址的内容超过上限 {limit_mb:g} MB。", "请换小一些的图片，或调高 TUJIAN_MAX_UPLOAD_MB。"),
            en=(f"More than {limit_mb:g} MB came from there.", "Use a smaller picture or raise TUJIAN_MAX_UPLOAD_MB."),
        )


class _Refused(Exception):
    """Refused by a rule of our own."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """getaddrinfo with a deadline, which it lacks, and our own rules, which need the addresses."""

    policy: ssrfguard.Policy
    look_up: LookUp
    clock: Clock

    def __call__(self, host: str, port: int, *rest: Any) -> list[Any]:  # noqa: ANN401 - getaddrinfo's own
        answers = self._in_time(host, port, *rest)
        inside = self.policy.allowed_networks
        foreign = [address for answer in answers if not _is_inside(address := str(answer[4][0]), inside)]
        if port not in WEB_PORTS and foreign:
            raise _Refused(f"port {port} is open only on networks in TUJIAN_FETCH_ALLOW; elsewhere 80 and 443")
        unknown = next((address for address in foreign if not _is_judged(address)), None)
        if unknown is not None:
            raise _Refused(f"{unknown} is no public address")
        return answers

    def _in_time(self, *question: Any) -> list[Any]:  # noqa: ANN401
        told: list[list[Any] | OSError | UnicodeError] = []

        def ask() -> None:
            try:
                told.append(self.look_up(*question))
            except (OSError, UnicodeError) as error:
                told.append(error)

        asking = threading.Thread(target=ask, daemon=True)  # a stalled lookup cannot be ended, only left behind
        asking.start()
        asking.join(self.clock.left_s(TimeoutError))
        if not told:
            raise TimeoutError("the name was not resolved in time")
        if isinstance(told[0], UnicodeError):
            raise socket.gaierror(str(told[0]))
        if isinstance(told[0], OSError):
            raise told[0]
        return told[0]


class _Transport(SafeTransport):
    """ssrfguard's transport with its sockets on the clock: httpx times each read, not the sum of them."""

    def __init__(self, policy: ssrfguard.Policy, trust: ssl.SSLContext, clock: Clock, resolver: _Resolver) -> None:
        super().__init__(policy=policy, verify=trust, trust_env=False)
        # ssrfguard replaces httpx's pool in the same way; were the name to change, test_fetching's drip would tell
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=ClockedBackend(
                SafeBackend(policy=policy, resolver=resolver), lambda: clock, share=1 / ADDRESSES_TRIED
            ),
        )


def _policy(allow: Sequence[str]) -> ssrfguard.Policy:
    networks = tuple(network.strip() for network in allow if network.strip())
    ports = frozenset(range(1, 65536)) if networks else WEB_PORTS  # _Resolver ties the others to the networks
    try:
        return ssrfguard.Policy(
            allowed_networks=tuple(ipaddress.ip_network(network) for network in networks),
            allowed_ports=ports,
            max_redirects=MAX_REDIRECTS,
            max_connection_attempts=ADDRESSES_TRIED,
        )
    except ValueError as error:
        raise BadSettings(
            zh=(f"TUJIAN_FETCH_ALLOW 不对：{error}。", "请写成网段，用逗号分开，例如 10.1.0.0/16,192.168.1.20/32。"),
            en=(
                f"TUJIAN_FETCH_ALLOW is wrong: {error}.",
                "Write networks by commas, as 10.1.0.0/16,192.168.1.20/32.",
            ),
        ) from error


def _is_inside(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    return any(ipaddress.ip_address(address.split("%")[0]) in network for network in networks)


def _is_judged(address: str) -> bool:
    """Whether ssrfguard 0.4 knows what the address means: IPv4, global unicast, or IPv4 within IPv6 as it unpacks it.

    Others lead nowhere public, or inside by a way it does not unpack: ::ffff:0:7f00:1 (RFC 7915) is 127.0.0.1.
    """
    found = ipaddress.ip_address(address.split("%")[0])
    return found.version == 4 or any(found in network for network in JUDGED)


def _refused(reason: str) -> FetchRefused:
    return FetchRefused(
        zh=(
            f"这个网址不能打开：出于安全，只打开公网地址（原因：{reason}）。",
            "请给出公开的 http(s) 图片地址，或先下载再上传；自家内网请写进 TUJIAN_FETCH_ALLOW（如 10.1.0.0/16）。",
        ),
        en=(
            f"This address may not be opened: {reason}.",
            "Give a public http(s) address or the file itself; put your own network into TUJIAN_FETCH_ALLOW "
            "(such as 10.1.0.0/16).",
        ),
    )


def _failed(why_zh: str, why_en: str) -> FetchFailed:
    return FetchFailed(
        zh=Said(f"图片没有下载下来：{why_zh}。", "请在浏览器里打开这个网址核对，或先下载再上传文件。"),
        en=Said(f"The picture did not arrive: {why_en}.", "Check the address in a browser, or give the file itself."),
    )
