"""What the error of a message tells that the server does not know: since when it exists, and which release this one is."""

from __future__ import annotations

import pytest

from colonyos_gen import Client
from colonyos_gen.errors import InvalidError, NotFoundError
from colonyos_gen.server import ServerThread
from tests.client.kit.scripted import DROP, KEY, PROCESS_ID, Answer, Scripted, envelope, http, refusal

UNKNOWN = http(refusal(403, "invalid rpcMsg.PayloadType: cancelprocessmsg"), 403)


def _cancelled(client: Client) -> InvalidError:
    with pytest.raises(InvalidError) as caught:
        client.cancel_process(PROCESS_ID)
    return caught.value


@pytest.mark.parametrize("version", ["v1.9.4", "v1.9.10"])
def test_an_older_server(version: str) -> None:
    """Also in the words that servers had up to v1.9.4."""
    with ServerThread(as_version=version) as server, Client(server.url, member_key=KEY) as client:
        error = _cancelled(client)
    assert error.name.startswith("unknown_payloadtype")
    assert f"cancelprocessmsg exists since server v1.9.12, and this server is {version}-embedded" in str(
        error
    )


def test_it_asks_once_and_sends_nothing_again() -> None:
    version = http(envelope("versionmsg", {"buildversion": "d1b3", "buildtime": ""}), 200)
    with Scripted(UNKNOWN, version, UNKNOWN) as server, Client(server.url, member_key=KEY) as client:
        first, second = _cancelled(client), _cancelled(client)
    assert "and this server is d1b3" in first.hint
    assert "and this server is d1b3" in second.hint
    sent = [request.envelope["payloadtype"] for request in server.requests]
    assert sent == ["cancelprocessmsg", "versionmsg", "cancelprocessmsg"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(refusal(403, "no"), 403), "which release this server is could not be asked: get_version: no"),
        (
            http(envelope("versionmsg", {"buildversion": ""}), 200),
            "this server does not say which release it is",
        ),
        (DROP, "which release this server is could not be asked: get_version: "),
    ],
)
def test_a_server_that_does_not_say(answer: Answer, words: str) -> None:
    """The error is that of the refused message all the same, and nobody asks again."""
    with Scripted(UNKNOWN, answer, UNKNOWN) as server, Client(server.url, member_key=KEY) as client:
        assert words in _cancelled(client).hint
        assert words in _cancelled(client).hint
    assert len(server.requests) == 3


def test_a_message_of_every_server_and_another_error() -> None:
    old = http(refusal(403, "invalid rpcMsg.PayloadType: getprocessmsg"), 403)
    version = http(envelope("versionmsg", {"buildversion": "proxy"}), 200)
    gone = http(refusal(404, "Failed to get process, process not found"), 404)
    with Scripted(gone, old, version) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(NotFoundError) as missing:
            client.get_process(PROCESS_ID)
        assert "server" not in missing.value.hint
        assert len(server.requests) == 1
        with pytest.raises(InvalidError, match=r"getprocessmsg is in every server from v1\.9\.4 on"):
            client.get_process(PROCESS_ID)
