"""Addresses with names and passwords in them: what is sent, and what is never said."""

from __future__ import annotations

import base64
import logging
import traceback
from typing import Any

import pytest

from colonyos_gen import AsyncClient, Client
from colonyos_gen._call.network.address import parse, server_at, shown, shown_target
from colonyos_gen.errors import RPCError
from tests.client.kit.scripted import KEY, Scripted, free_port, sample

SECRET = "s3cr3t"

READABLE = {
    f"user:{SECRET}": f"user:{SECRET}",
    f"user:p@{SECRET}": f"user:p@{SECRET}",
    f"user:{SECRET}%2F%3F%23%3A": f"user:{SECRET}/?#:",
    f"user:{SECRET}:b": f"user:{SECRET}:b",
    f":{SECRET}é": f":{SECRET}é",
}


@pytest.mark.parametrize("given", READABLE)
def test_name_and_password_are_sent_and_stand_in_no_text(
    given: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Scripted(sample) as server:
        url = server.url.replace("://", f"://{given}@")
        with Client(url, member_key=KEY, retries=0) as client:
            client.get_version()
            assert SECRET not in client.url + repr(client)
        (request,) = server.requests
    pair = base64.b64encode(READABLE[given].encode()).decode()
    assert f"Authorization: Basic {pair}" in request.head.splitlines()
    assert SECRET not in caplog.text


@pytest.mark.parametrize("given", READABLE)
def test_errors_do_not_hold_the_password(given: str) -> None:
    with (
        Client(f"http://{given}@127.0.0.1:{free_port()}", member_key=KEY, retries=0) as client,
        pytest.raises(RPCError) as caught,
    ):
        client.get_version()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:pa/{SECRET}@127.0.0.1:1",
        f"http://user:p@a/{SECRET}@127.0.0.1:1",
        f"http://user:pa?{SECRET}@127.0.0.1:1",
        f"http://user:pa#{SECRET}@127.0.0.1:1",
        f"http://user:{SECRET}\u2100@127.0.0.1:1",
        f"http://user:{SECRET}[@127.0.0.1:1",
        f"http://user:{SECRET} @127.0.0.1:1",
        f"http://user:{SECRET}\x1b@127.0.0.1:1",
        f"http://user:{SECRET}",
        f"http://user:{SECRET}@",
        f"http://user:{SECRET}@host:port",
        f"user:{SECRET}@host:80",
        f"http:/user:{SECRET}@host:80",
        f"ftp://user:{SECRET}@host",
        f"ftp://user:a/{SECRET}@host",
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_address_is_refused_without_quoting_it(url: str, kind: type[Client | AsyncClient]) -> None:
    """A password that is not written as it must be might be taken for a host, or a path."""
    refused: list[dict[str, Any]] = [{"url": url}, {"proxy": url}]
    for options in refused:
        with pytest.raises(ValueError, match=f"^{next(iter(options))} ") as caught:
            kind(**options)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_what_an_address_is_made_of() -> None:
    address = parse("https://u:p@[::1]/gateway/")
    assert (address.url, address.host, address.port, address.is_https) == (
        "https://[::1]/gateway",
        "::1",
        443,
        True,
    )
    assert "Basic" not in repr(address)


def test_how_addresses_of_others_are_shown() -> None:
    assert shown("http://user:p@ss/w@rd@host/x") == "http://host/x"
    assert shown_target("http://u:p@host/a?token=1") == "http://host/a"
    assert shown_target("/a\x1b[31m") == r"/a\x1b[31m"
    assert SECRET not in server_at(f"http://user:pa/{SECRET}@host")
    assert server_at("http://localhost:80") == server_at("http://127.0.0.1")
