"""Proxies of the environment and of `proxy=`, for calls and WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client, ConfigError
from colonyos_gen._call.network.address import parse
from colonyos_gen._call.network.proxies import is_direct, proxy_for
from colonyos_gen.errors import ConnectionFailedError, RPCError, RPCTimeoutError, UnexpectedReplyError
from colonyos_gen.testing import LocalColony
from tests.client.kit.loops import in_a_loop
from tests.client.kit.scripted import KEY, Scripted, http, sample

TLS = Path(__file__).parents[1] / "tls"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")
PROXY, OTHER = "http://proxy:3128", "http://other:1"


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environ", "of_http", "of_https"),
    [
        ({}, None, None),
        ({"HTTP_PROXY": PROXY}, PROXY, None),
        ({"HTTPS_PROXY": PROXY}, None, PROXY),
        ({"ALL_PROXY": PROXY}, PROXY, PROXY),
        ({"all_proxy": PROXY, "https_proxy": OTHER}, PROXY, OTHER),
        ({"http_proxy": PROXY, "HTTP_PROXY": OTHER}, PROXY, None),
        ({"http_proxy": "", "HTTP_PROXY": OTHER}, None, None),
        ({"http_proxy": "", "ALL_PROXY": OTHER}, None, OTHER),
        ({"HTTP_PROXY": "proxy:3128"}, PROXY, None),
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, None, None),
        ({"http_proxy": PROXY, "REQUEST_METHOD": "GET"}, PROXY, None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "colonies.example"}, None, None),
        ({"ALL_PROXY": PROXY, "no_proxy": "colonies.example", "NO_PROXY": ""}, None, None),
    ],
)
def test_which_variable_counts(environ: dict[str, str], of_http: str | None, of_https: str | None) -> None:
    for scheme, expected in (("http", of_http), ("https", of_https)):
        found = proxy_for(parse(f"{scheme}://colonies.example"), environ)
        assert (None if found is None else found.url) == expected


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("http://colonies.example", "", False),
        ("http://colonies.example", "*", True),
        ("http://colonies.example", "example", True),
        ("http://colonies.example", "other, Colonies.Example ", True),
        ("http://colonies.example", "olonies.example", False),
        ("http://colonies.example", ".example", True),
        ("http://colonies.example", "*.example", True),
        ("http://colonies.example", ".colonies.example", False),
        ("http://colonies.example:8080", "colonies.example:8080", True),
        ("http://colonies.example:8080", "colonies.example:80", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://11.1.2.3", "10.0.0.0/8", False),
        ("http://10.1.2.3", "10.1.2.3", True),
        ("http://10.1.2.3", "2.3", False),
        ("http://10.1.2.3", "10.0.0.0/99,,", False),
        ("http://[fd00::1]:80", "[fd00::1]:80", True),
        ("http://[fd00::1]", "fd00::/8", True),
        ("http://localhost", "", True),
        ("http://127.0.0.2", "", True),
        ("http://[::1]", "", True),
    ],
)
def test_which_servers_are_spoken_to_directly(url: str, no_proxy: str, *, direct: bool) -> None:
    assert is_direct(parse(url), no_proxy) == direct


@pytest.mark.parametrize(
    "value", ["socks5://user:s3cr3t@proxy:1080", "http://user:s3cr3t", "http://u:s3cr3t@h:p"]
)
def test_what_is_no_http_proxy_is_refused_with_the_name_of_the_variable(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(ConfigError, match=r"^ALL_PROXY .*NO_PROXY") as caught:
        Client("http://colonies.example", member_key=KEY)
    assert "s3cr3t" not in str(caught.value)
    Client("http://localhost", member_key=KEY).close_connections()


class _Forwarding:
    """A proxy that leads everything to one server, whatever its name, over tunnels and with whole addresses."""

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = host, int(port)
        self.asked: list[str] = []
        self.heads: list[str] = []

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        back = asyncio.create_task(_copy(far_reader, writer))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                method, url, rest = head.split(" ", 2)
                self.asked.append(f"{method} {url}")
                far_writer.write(f"{method} /{url.split('/', 3)[3]} {rest}".encode())
                if method == "GET":
                    await _copy(reader, far_writer)
                    break
                (length,) = (
                    line[16:] for line in head.splitlines() if line.lower().startswith("content-length: ")
                )
                far_writer.write(await reader.readexactly(int(length)))
        far_writer.close()
        await back
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@pytest.mark.parametrize("way", ["environment", "argument"])
@in_a_loop
async def test_calls_and_websockets_go_through_the_proxy(way: str) -> None:
    """To a server whose name only the proxy knows."""
    with LocalColony() as colony, pytest.MonkeyPatch.context() as environ:
        proxy = _Forwarding(colony.url)
        async with proxy.listening() as address:
            if way == "environment":
                environ.setenv("HTTP_PROXY", f"http://user:p%40ss@{address}")
            given = None if way == "environment" else f"http://user:p%40ss@{address}"
            key = colony.add_executor("listener").key
            url = "http://colonies.invalid:50080"
            async with AsyncClient(url, member_key=key, retries=0, proxy=given) as client:
                assert len(await client.get_executors(colony.name)) == 1
                stream = client.subscribe_processes("listener", 2, timeout=60)
                hearing = asyncio.create_task(anext(aiter(stream)))
                while len(proxy.asked) < 2:
                    await asyncio.sleep(0.01)
                assert "p@ss" not in repr(client) + client.url
                hearing.cancel()
    assert proxy.asked[:2] == [f"POST {url}/api", f"GET {url}/pubsub"]
    assert all("Proxy-Authorization: Basic dXNlcjpwQHNz" in head for head in proxy.heads)


def test_an_empty_proxy_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with (
        Client("http://colonies.invalid", member_key=KEY, proxy="", retries=0) as client,
        pytest.raises(ConnectionFailedError) as caught,
    ):
        client.get_version()
    assert "proxy" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_named() -> None:
    with (
        Client("http://h.invalid", proxy="http://u:s3cr3t@127.0.0.1:1", member_key=KEY, retries=0) as client,
        pytest.raises(ConnectionFailedError, match=r"\(proxy http://127\.0\.0\.1:1\)") as caught,
    ):
        client.get_version()
    assert not caught.value.sent
    assert "s3cr3t" not in str(caught.value)


def refused_by(url: str, **options: Any) -> ConnectionFailedError | UnexpectedReplyError:
    """What a call ends in that cannot be made; it is certainly not to be made again as it is."""
    with Client(url, member_key=KEY, retries=0, **options) as client, pytest.raises(RPCError) as caught:
        client.get_version()
    error = caught.value
    assert isinstance(error, ConnectionFailedError | UnexpectedReplyError)
    assert "s3cr3t" not in str(error)
    return error


WAYS = {"a call in plain HTTP": ("http", "POST"), "a tunnel": ("https", "CONNECT")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("given", ["argument", "variable"])
def test_a_proxy_that_wants_a_password(way: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it has one, it is not told to write one."""
    scheme, verb = WAYS[way]
    monkeypatch.setenv("NO_PROXY", "")
    for name in ("", "name:s3cr3t@"):
        with Scripted(http(b"who are you?", 407)) as proxy:
            address = proxy.url.replace("//", f"//{name}")
            options = {"proxy": address} if given == "argument" else {}
            monkeypatch.setenv(f"{scheme}_proxy", "" if given == "argument" else address)
            error = refused_by(f"{scheme}://h.invalid", **options)
        setting = "proxy=" if given == "argument" else f"{scheme}_proxy"
        text = str(error)
        assert proxy.requests[0].head.startswith(verb)
        assert error.status == 407
        assert error.misdirected
        assert f"the proxy {proxy.url} " in text
        assert setting in text
        if name:
            assert "refused the name and password that it was given" in text
            assert "name:password@" not in text
        else:
            assert "asks for a name and password" in text
            assert "http://name:password@proxy:3128" in text


@pytest.mark.parametrize(("status", "misdirected"), [(403, True), (404, True), (429, False), (503, False)])
def test_a_proxy_that_makes_no_tunnel(status: int, *, misdirected: bool) -> None:
    with Scripted(http(b"no", status)) as proxy:
        error = refused_by("https://h.invalid", proxy=proxy.url)
    assert isinstance(error, ConnectionFailedError)
    assert (error.misdirected, error.sent) == (misdirected, False)
    assert f"https://h.invalid (proxy {proxy.url})" in str(error)
    assert str(status) in str(error)
    assert ("set proxy= to a proxy that leads to h.invalid:443" in str(error)) == misdirected


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_speak_tls(
    scheme: str, colonies: LocalColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", colonies.url.replace("http", "https"))
    error = refused_by(f"{scheme}://h.invalid")
    assert "the proxy does not speak TLS: let the address in ALL_PROXY begin with http://" in str(error)
    assert "COLONIES_TLS" not in str(error)
    assert error.misdirected


def test_a_proxy_that_does_not_speak_tls_and_waits_for_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with (
            Client("http://h.invalid", member_key=KEY, retries=0, timeout=0.5, proxy=proxy) as client,
            pytest.raises(RPCTimeoutError, match="let the address in proxy= begin with http://") as caught,
        ):
            client.get_version()
    assert "COLONIES_TLS" not in str(caught.value)


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    return context


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_speaks_tls(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs up on those who do not, or says so."""
    with Scripted(sample, tls=tls()) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("https", "http"))
        error = refused_by(f"{scheme}://h.invalid")
    assert "speaks TLS, let the address in ALL_PROXY begin with https://" in str(error)
    assert "COLONIES_TLS" not in str(error)
    with Scripted(http(b"Client sent an HTTP request to an HTTPS server.", 400)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        error = refused_by(f"{scheme}://h.invalid")
    assert "let the address in ALL_PROXY begin with https://" in str(error)
    assert "COLONIES_TLS" not in str(error)
    assert error.misdirected


def test_the_certificate_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which authorities are trusted counts for it as well."""
    with Scripted(sample, tls=tls()) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert "COLONIES_CA_FILE (or ca_file=)" in str(refused_by("http://h.invalid"))
        error = refused_by("http://h.invalid", ca_file=str(TLS / "cert.pem"))
        assert "let ALL_PROXY have a name that it is for" in str(error)
        url = proxy.url.replace("127.0.0.1", "localhost")
        with Client("http://h.invalid", proxy=url, ca_file=str(TLS / "cert.pem")) as client:
            client.get_version()


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Log in</html>"), (404, b"not here"), (500, b"oh")]
)
def test_a_page_of_something_else_is_told_with_its_address_and_the_way_there(
    status: int, body: bytes
) -> None:
    page = http(body, status, headers={"Content-Type": "text/html; charset=utf-8"})
    with Scripted(page) as other:
        for proxy, url in (("", other.url), (other.url, "http://h.invalid")):
            with (
                Client(url, member_key=KEY, retries=0, proxy=proxy) as client,
                pytest.raises(RPCError) as caught,
            ):
                client.get_version()
            text = str(caught.value)
            assert f"status {status}" in text
            assert f"text/html {body.decode()!r}" in text
            assert f"{url}/api" in text
            assert (f"asked through the proxy {proxy} of proxy=" in text) == bool(proxy)


def test_a_tunnel_is_asked_for_with_the_password_of_the_proxy_and_not_with_that_of_the_server() -> None:
    with (
        Scripted(http(b"", 502)) as proxy,
        Client(
            "https://me:mine@h.invalid", proxy=proxy.url.replace("//", "//u:p@"), member_key=KEY, retries=0
        ) as client,
    ):
        with pytest.raises(ConnectionFailedError, match="the proxy refused with status 502"):
            client.get_version()
        (request,) = proxy.requests
    assert request.head.startswith("CONNECT h.invalid:443 ")
    assert re.findall("Authorization.*", request.head) == ["Authorization: Basic dTpw\r"]
    assert "Proxy-Authorization" in request.head
