"""Proxies of the environment and of `proxy=`, for calls and WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator

import pytest

from colonyos_gen import AsyncClient, Client, ConfigError
from colonyos_gen._call.network.address import parse
from colonyos_gen._call.network.proxies import is_direct, proxy_for
from colonyos_gen.errors import ConnectionFailedError, UnexpectedReplyError
from colonyos_gen.testing import LocalColony
from tests.client.kit.loops import in_a_loop
from tests.client.kit.scripted import KEY, Scripted, http

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


def test_a_proxy_that_wants_a_password() -> None:
    """Of a call in plain HTTP, and of a tunnel."""
    with Scripted(http(b"who are you?", 407)) as proxy:
        with (
            Client("http://h.invalid", proxy=proxy.url, member_key=KEY, retries=0) as client,
            pytest.raises(
                UnexpectedReplyError, match=r"asks for a name and password .*http://name:password@"
            ),
        ):
            client.get_version()
        with (
            Client("https://h.invalid", proxy=proxy.url, member_key=KEY, retries=0) as client,
            pytest.raises(ConnectionFailedError, match=r"the proxy refused with status 407") as caught,
        ):
            client.get_version()
        assert not caught.value.sent
    assert [each.head.split(" ")[0] for each in proxy.requests] == ["POST", "CONNECT"]


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
