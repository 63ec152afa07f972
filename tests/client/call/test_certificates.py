"""Which certificates a client trusts."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from colonyos_gen_wire.methods.server import GET_VERSION

from colonyos_gen import Client, FunctionSpec
from colonyos_gen._call.network.way import Way
from colonyos_gen.errors import ConnectionFailedError, RPCError
from tests.client.kit.scripted import KEY, PROCESS_ID, Scripted, sample

TLS = Path(__file__).parent / "tls"
"""A certificate for localhost, signed by itself, with its key; made for these tests and valid for 100 years."""


@pytest.fixture(scope="module")
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    return context


def by_name(server: Scripted) -> str:
    """The address of `server` with the name that its certificate is for."""
    return server.url.replace("127.0.0.1", "localhost")


def test_an_unknown_certificate_is_refused(tls: ssl.SSLContext) -> None:
    """By default; nothing has been sent then."""
    with Scripted(sample, tls=tls) as server, Client(by_name(server), member_key=KEY, retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="certificate") as caught:
            client.submit(FunctionSpec.new("echo", "cli", "dev"))
        assert "COLONIES_CA_FILE (or ca_file=)" in str(caught.value)
        assert "COLONIES_INSECURE=true (or insecure=True)" in str(caught.value)
        assert caught.value.misdirected
        assert not caught.value.sent
        assert server.requests == []


@pytest.mark.parametrize("trust", [{"ca_file": str(TLS / "cert.pem")}, {"insecure": True}])
def test_a_certificate_can_be_trusted(tls: ssl.SSLContext, trust: dict[str, Any]) -> None:
    """Itself, or whatever comes."""
    with Scripted(sample, tls=tls) as server, Client(by_name(server), member_key=KEY, **trust) as client:
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID


def test_a_trusted_certificate_must_be_for_the_host(tls: ssl.SSLContext) -> None:
    """It is for localhost, which is not 127.0.0.1; only without verification that does not matter."""
    with Scripted(sample, tls=tls) as server:
        with Client(server.url, ca_file=str(TLS / "cert.pem"), retries=0) as client:
            with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1") as caught:
                client.get_version()
            assert "not for '127.0.0.1': let COLONIES_SERVER_HOST (or url=) have a name" in str(caught.value)
            assert "COLONIES_INSECURE=true (or insecure=True)" in str(caught.value)
            assert "CA_FILE" not in str(caught.value)
            assert caught.value.misdirected
            assert not caught.value.sent
        with Client(server.url, insecure=True) as client:
            client.get_version()


@pytest.mark.parametrize("code", [9, 10])
def test_a_certificate_that_has_expired_needs_no_other_setting(code: int) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: certificate has expired")
    error.verify_code = code
    key: Any = None
    refused = aiohttp.ClientConnectorCertificateError(key, error)
    failure = Way.to("https://h", "").failure(refused, GET_VERSION, sent=False, answered=False)
    assert not failure.misdirected
    assert "a new certificate" in str(failure)


def test_a_missing_ca_file() -> None:
    """Said when the client is made, not at its first call."""
    with pytest.raises(FileNotFoundError):
        Client("https://localhost", ca_file=str(TLS / "no-such-file.pem"))


def test_plain_text_behind_an_https_address() -> None:
    """The server does not speak TLS, and waits for more of what it takes for a request."""
    with Scripted(sample) as server:
        url = server.url.replace("http://", "https://")
        with Client(url, insecure=True, timeout=0.3) as client, pytest.raises(RPCError):
            client.get_version()
