"""Which key signs, what a client refuses to send, and what its errors tell and do not tell."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import (
    Blueprint,
    BlueprintMetadata,
    Client,
    FunctionSpec,
    InvalidKeyError,
    crypto,
    errors,
)
from colonyos_gen.errors import (
    ConnectionFailedError,
    DeniedError,
    InvalidRequestError,
    MissingKeyError,
    RPCError,
)
from tests.client.kit.scripted import KEY, PROCESS_ID, Answer, Scripted, http, refusal, sample

ROOT = Path(__file__).parents[3]
OWNER_KEY = "c3" * 32
SERVER_KEY = "d4" * 32


def test_the_key_is_chosen_by_role() -> None:
    """The schema says whose key a call takes; `prvkey` wins."""
    with Scripted(sample) as server:
        with Client(server.url, server_key=SERVER_KEY, colony_key=OWNER_KEY, member_key=KEY) as client:
            client.get_process(PROCESS_ID)
            client.approve_executor("dev", "worker")
            client.remove_colony("dev")
            client.get_process(PROCESS_ID, prvkey=OWNER_KEY)
            client.get_process(PROCESS_ID, prvkey=crypto.PrivateKey.parse(SERVER_KEY))
            client.get_version()
        sent = [request.envelope for request in server.requests]
    signers = [crypto.recid(item["payload"], item["signature"]) for item in sent[:-1]]
    assert signers == [crypto.gen_id(key) for key in (KEY, OWNER_KEY, SERVER_KEY, OWNER_KEY, SERVER_KEY)]
    assert sent[-1]["signature"] == "", "the version is nobody's secret"


def test_a_missing_key_is_named() -> None:
    """With how to give it, and what the client has."""
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(MissingKeyError) as caught:
            client.approve_executor("dev", "worker")
        assert server.requests == []
    text = str(caught.value)
    for part in ("approve_executor", "holds: member", "colony_key=", "COLONIES_COLONY_PRVKEY", "prvkey="):
        assert part in text
    with Client(server.url) as client, pytest.raises(MissingKeyError, match=r"holds: none.*member_key="):
        client.get_process(PROCESS_ID)


def test_keys_are_nowhere_to_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """Not in representations, logs, errors or tracebacks."""
    caplog.set_level(logging.DEBUG)
    denied = http(refusal(403, "Access denied, not a member of Colony with name <dev>"), 403)
    seen: list[str] = []
    with Scripted(sample, denied, Answer(close=True)) as server:
        for client in (Client(server.url, member_key=KEY, colony_key=OWNER_KEY), Client(server.url)):
            seen += [repr(client), str(client)]
            for prvkey in (None, OWNER_KEY, OWNER_KEY[:-1], OWNER_KEY[:-1] + "x"):
                try:
                    client.submit(FunctionSpec.new("echo", "cli", "dev"), prvkey=prvkey)
                except (RPCError, ValueError) as error:
                    seen += [str(error), repr(error), "".join(traceback.format_exception(error))]
                    seen.append(repr(vars(error)))
            client.close_connections()
    seen.append(caplog.text)
    text = "\n".join(seen)
    assert crypto.gen_id(KEY)[:8] in text
    for key in (KEY, OWNER_KEY):
        assert key[:20] not in text


def test_a_password_in_the_address_is_not_shown() -> None:
    """It is sent, as some proxies want it, and stands neither in representations nor in errors."""
    with Scripted(sample) as server:
        url = server.url.replace("://", "://someone:swordfish@")
        with Client(url, member_key=KEY) as client:
            client.get_version()
            assert "swordfish" not in repr(client)
            assert "127.0.0.1" in repr(client)
        assert "authorization: basic " in server.requests[0].head.lower()
    with Client(url, retries=0) as client, pytest.raises(ConnectionFailedError) as caught:
        client.get_version()
    assert "swordfish" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", [b"\xb2" * 32, bytearray(b"b2" * 32), 0xB2, None.__class__])
def test_a_key_of_the_wrong_type(key: Any) -> None:
    """The error names the parameter, and does not show the key."""
    with Scripted(sample) as server:
        with pytest.raises(TypeError, match=r"^colony_key is of type ") as caught:
            Client(server.url, colony_key=key)
        assert "b2" not in str(caught.value)
        with Client(server.url, member_key=KEY) as client:
            with pytest.raises(TypeError, match=r"^prvkey is of type ") as caught:
                client.get_process(PROCESS_ID, prvkey=key)
            with pytest.raises(TypeError, match=r"^prvkey is of type "):
                client.subscribe_channel(PROCESS_ID, "c", prvkey=key)
        assert "b2" not in str(caught.value)
        assert server.requests == []


def test_a_key_that_is_no_key() -> None:
    """The error names the parameter too."""
    with pytest.raises(InvalidKeyError, match=r"^member_key: "):
        Client(member_key="b2")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_cannot_write(number: float) -> None:
    """They would arrive as null, so they are refused, with the place where they are."""
    spec = FunctionSpec.new("echo", "cli", "dev")
    spec.args = [None, 1.5, {"deep": [0.5, number]}]
    blueprint = Blueprint(
        kind="K", metadata=BlueprintMetadata(name="b", colonyname="dev"), spec={"x": number}
    )
    with Scripted(sample) as server, Client(server.url, member_key=KEY, colony_key=OWNER_KEY) as client:
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.submit(spec)
        assert caught.value.field == "spec.args[2].deep[1]"
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.set_output(PROCESS_ID, ["fine", number])
        assert caught.value.field == "out[1]"
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.update_blueprint(blueprint, False)
        assert caught.value.field == "blueprint.spec.x"
        assert server.requests == []
        spec.args = [None, {"null": None}, "null"]
        client.submit(spec)


def samples_of_errors() -> list[RPCError]:
    """One of every class."""
    found: list[RPCError] = []
    for name in errors.__all__:
        kind: type[RPCError] = getattr(errors, name)
        if kind is InvalidRequestError:
            found.append(kind("m", method="submit", field="spec.priority", value=9, rule="small"))
        elif kind is ConnectionFailedError:
            found.append(ConnectionFailedError("m", method="submit", sent=False))
        else:
            found.append(kind("m", method="submit", status=400, name="n", signer="ab", hint="h"))
    return found


@pytest.mark.parametrize("error", samples_of_errors(), ids=lambda error: type(error).__name__)
def test_errors_can_be_pickled_and_copied(error: RPCError) -> None:
    """As they are when they cross processes, with everything that is on them."""
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert (str(other), other.args) == (str(error), error.args)
        assert other.conn_err() == error.conn_err()


def test_a_denial_names_signer_and_roles() -> None:
    """A wrong key is simply somebody else, so the error says who."""
    text = "Access denied, not a member of Colony with name <dev>"
    with (
        Scripted(http(refusal(403, text), 403)) as server,
        Client(server.url, member_key=KEY) as client,
        pytest.raises(DeniedError) as caught,
    ):
        client.get_process(PROCESS_ID)
    assert caught.value.signer == crypto.gen_id(KEY)
    assert f"signed by {crypto.gen_id(KEY)[:8]}…" in str(caught.value)
