"""Something else than the server answers: it redirects, or speaks TLS where none is spoken to it, or the reverse."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonyos_gen import AsyncClient, Client, FunctionSpec
from colonyos_gen.errors import ConnectionFailedError, RPCTimeoutError, UnexpectedReplyError
from colonyos_gen.testing import LocalColony
from tests.client.kit.loops import in_a_loop
from tests.client.kit.scripted import KEY, Answer, Scripted, http, sample

TLS = Path(__file__).parents[1] / "tls"
ECHO = FunctionSpec.new("echo", "cli", "dev")

TARGETS = {
    "https://colonies.example:8443/api": (
        "redirected to https://colonies.example:8443",
        "COLONIES_SERVER_HOST=colonies.example, COLONIES_SERVER_HTTP_PORT=8443 and COLONIES_TLS=true",
    ),
    "//elsewhere/login?next=secret": (
        "redirected to //elsewhere/login;",
        "COLONIES_SERVER_HOST=elsewhere, COLONIES_SERVER_HTTP_PORT=80 and COLONIES_TLS=false",
    ),
    "/login": ("redirected to /login;", "is a ColonyOS server behind http://127.0.0.1:"),
    "http://user:pass@word@h\x7f/": (
        r"redirected to http://h\x7f/;",
        "is a ColonyOS server behind http://127.0.0.1:",
    ),
}


@pytest.mark.parametrize("location", TARGETS)
@in_a_loop
async def test_a_redirect_says_where_it_leads_and_what_to_set(location: str) -> None:
    """Of calls and of WebSockets; neither goes there."""
    message, hint = TARGETS[location]
    with Scripted(http(b"", 307, headers={"Location": location})) as server:
        async with AsyncClient(server.url, member_key=KEY, retries=0) as client:
            with pytest.raises(UnexpectedReplyError) as of_call:
                await client.submit(ECHO)
            stream = client.subscribe_processes("cli", 2, timeout=30)
            with pytest.raises(UnexpectedReplyError) as of_socket:
                await anext(aiter(stream))
        assert len(server.requests) == 2
    for caught in (of_call, of_socket):
        text = str(caught.value)
        assert message in text
        assert hint in text
        assert "pass" not in text
        assert "secret" not in text


def test_tls_to_a_plain_port(colonies: LocalColony) -> None:
    with (
        Client(colonies.url.replace("http", "https"), member_key=KEY, retries=0) as client,
        pytest.raises(ConnectionFailedError, match="does not speak TLS: set COLONIES_TLS=false") as caught,
    ):
        client.submit(ECHO)
    assert not caught.value.sent


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes what comes, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_tls_to_a_port_that_waits_for_more(silent: int) -> None:
    with (
        Client(f"https://127.0.0.1:{silent}", member_key=KEY, retries=0, timeout=0.5) as client,
        pytest.raises(RPCTimeoutError, match=r"no connection to .* set COLONIES_TLS=false") as caught,
    ):
        client.submit(ECHO)
    assert not caught.value.sent


def test_a_request_that_got_no_reply_may_have_been_sent(silent: int) -> None:
    with (
        Client(f"http://127.0.0.1:{silent}", member_key=KEY, retries=0, timeout=0.5) as client,
        pytest.raises(RPCTimeoutError, match="no reply within") as caught,
    ):
        client.submit(ECHO)
    assert caught.value.sent


PAGES = {
    "Go": b"Client sent an HTTP request to an HTTPS server.\n",
    "nginx": b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
    "Apache": b"You're speaking plain HTTP to an SSL-enabled server port.",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_plain_request_to_a_port_of_tls_that_says_so(page: bytes) -> None:
    with (
        Scripted(http(page, 400)) as server,
        Client(server.url, member_key=KEY, retries=0) as client,
        pytest.raises(UnexpectedReplyError, match=r"speaks TLS .*set COLONIES_TLS=true"),
    ):
        client.submit(ECHO)


def test_a_plain_request_to_a_port_of_tls_that_hangs_up() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    with Scripted(sample, tls=context) as server:
        url = server.url.replace("https", "http")
        with (
            Client(url, member_key=KEY, retries=0) as client,
            pytest.raises(ConnectionFailedError, match="if the port speaks TLS, set COLONIES_TLS=true"),
        ):
            client.submit(ECHO)


def test_a_plain_request_that_is_answered_with_an_alert() -> None:
    """As OpenSSL does in some programs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as peer:
                peer.recv(100_000)
                peer.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            Client(url, member_key=KEY, retries=0) as client,
            pytest.raises(
                ConnectionFailedError, match=r"the port speaks TLS .*set COLONIES_TLS=true"
            ) as caught,
        ):
            client.submit(ECHO)
        thread.join(60)
    assert not caught.value.sent


def test_a_port_that_speaks_something_else() -> None:
    """Such as that of SSH, which greets whoever comes."""
    with (
        Scripted(Answer(b"SSH-2.0-OpenSSH_9.2p1\r\n", close=True)) as server,
        Client(server.url, member_key=KEY, retries=0) as client,
        pytest.raises(ConnectionFailedError, match=r"does not speak HTTP.*COLONIES_SERVER_HOST") as caught,
    ):
        client.get_version()
    assert caught.value.misdirected


@pytest.mark.parametrize(("status", "misdirected"), [(200, True), (404, True), (408, False), (429, False)])
def test_a_page_may_be_for_a_while_only(status: int, *, misdirected: bool) -> None:
    with (
        Scripted(http(b"<html>later", status)) as server,
        Client(server.url, member_key=KEY, retries=0) as client,
        pytest.raises(UnexpectedReplyError, match="is a ColonyOS server behind") as caught,
    ):
        client.get_version()
    assert caught.value.misdirected is misdirected
