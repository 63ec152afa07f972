"""What methods that are written by hand say of wrong arguments: which one, what it is, and what it must be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.constants import MAX_OPEN_DATABASE_CONNECTIONS
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.requests.process import CancelProcessMsg

from colonyos_gen import (
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncClient,
    Client,
    FunctionSpec,
    InvalidRequestError,
    Process,
    connect,
)
from colonyos_gen.errors import DeniedError
from colonyos_gen.testing import LocalColony
from tests.client.kit.scripted import KEY, PROCESS_ID, Scripted, sample

PROCESS = Process(processid=PROCESS_ID, spec=FunctionSpec.new("echo", "cli", "dev"))
NAN = float("nan")

WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "process is a number": (
        lambda client: client.subscribe_process(5, SUCCESS, 1),
        "subscribe_process: process is 5; it must be a Process, as `get_process",
    ),
    "process is an id": (lambda client: client.subscribe_process(PROCESS_ID, SUCCESS, 1), "process is '5c5c"),
    "no process": (lambda client: client.process_events(None), "process_events: process is None"),
    "its id is a number": (
        lambda client: client.subscribe_process(Process(processid=5, spec=PROCESS.spec), SUCCESS, 1),  # type: ignore[arg-type]  # pyright: ignore
        "processid is 5; it must be a str",
    ),
    "a state that there is not": (
        lambda client: client.subscribe_process(PROCESS, 17, 1),
        r"state is 17; it must be one of WAITING \(0\), RUNNING \(1\)",
    ),
    "a name of a state": (
        lambda client: client.subscribe_process(PROCESS, "SUCCESS", 1),
        "state is 'SUCCESS'",
    ),
    "no state": (lambda client: client.subscribe_process(PROCESS, None, 1), "state is None"),
    "a state of a feed": (
        lambda client: client.subscribe_processes("cli", -1),
        "subscribe_processes: state is -1",
    ),
    "seconds as text": (
        lambda client: client.subscribe_process(PROCESS, SUCCESS, "1"),
        "timeout is '1'; it must be a number of seconds, or None",
    ),
    "seconds that are none": (lambda client: client.process_events(PROCESS, NAN), "timeout is nan"),
    "seconds of a feed": (
        lambda client: client.subscribe_processes("cli", SUCCESS, "30"),
        "timeout is '30'; it must be seconds above 0, or None for no limit",
    ),
    "a feed without time": (
        lambda client: client.subscribe_processes("cli", SUCCESS, 0),
        "timeout is 0; it must",
    ),
    "a feed with less": (
        lambda client: client.subscribe_processes("cli", SUCCESS, -1),
        "timeout is -1; it must",
    ),
    "a feed of waiting processes": (
        lambda client: client.subscribe_processes("cli", WAITING),
        "state is 0, which may harm the server.*With hazardous=True",
    ),
    "a type that is a number": (lambda client: client.subscribe_processes(5, RUNNING), "executortype is 5"),
    "processid": (
        lambda client: client.subscribe_channel(PROCESS, "out"),
        "processid is Process.*it must be a str",
    ),
    "channelname": (
        lambda client: client.subscribe_channel(PROCESS_ID, 5),
        "channelname is 5; it must be a str",
    ),
    "afterseq": (lambda client: client.subscribe_channel(PROCESS_ID, "out", "0"), "afterseq is '0'"),
    "seconds of a channel": (
        lambda client: client.subscribe_channel(PROCESS_ID, "out", 0, "1"),
        "subscribe_channel: timeout is '1'",
    ),
    "callback": (
        lambda client: client.subscribe_channel(PROCESS_ID, "out", 0, 1, 5),
        "callback is 5; it must be a function that takes a list of entries, or None",
    ),
    "no message": (lambda client: client.call(5, 6), "method is 5; it must be a Method"),
    "no request": (
        lambda client: client.call(GET_PROCESS, 6),
        "get_process: request is 6; it must be a GetProcessMsg",
    ),
    "a request of another message": (
        lambda client: client.call(GET_PROCESS, CancelProcessMsg(processid=PROCESS_ID)),
        "request is CancelProcessMsg.*it must be a GetProcessMsg",
    ),
    "seconds of a call": (
        lambda client: client.get_process(PROCESS_ID, rpc_timeout="1"),
        "get_process: rpc_timeout is '1'; it must be a number of seconds",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_argument_is_named_and_nothing_is_sent(what: str) -> None:
    """With its value, and what it must be."""
    call, text = WRONG[what]
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(InvalidRequestError, match=text) as caught:
            call(client)
        assert caught.value.rule
        assert server.requests == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": "1"}, "timeout is '1'; it must be a number of seconds"),
        ({"timeout": None}, "timeout is None; it must be a number of seconds"),
        ({"retries": "3"}, "retries is '3'; it must be a whole number, 0 or more"),
        ({"retries": -1}, "retries is -1; it must be a whole number, 0 or more"),
        ({"pool_size": "3"}, "pool_size is '3'; it must be a whole number, 1 or more"),
        ({"pool_size": 0}, "pool_size is 0; it must be a whole number, 1 or more"),
        ({"max_in_flight": 1.5}, "max_in_flight is 1.5; it must be a whole number, 1 or more"),
        ({"max_reply_bytes": 0}, "max_reply_bytes is 0; it must be a whole number, 1 or more"),
        ({"url": 5}, "url is 5; it must start with http"),
        ({"url": "localhost"}, "url is 'localhost'; it must start with http"),
    ],
)
@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_a_client_is_not_made_of_wrong_arguments(
    kind: Callable[..., object], options: dict[str, Any], text: str
) -> None:
    """They would fail each call, each in a way of its own."""
    with pytest.raises((TypeError, ValueError), match=text):
        kind(**options)


def test_a_role_that_there_is_not() -> None:
    """The key of a role is asked for by its name."""
    role: Any = "user"
    with (
        Client(member_key=KEY) as client,
        pytest.raises(ValueError, match="role is 'user'; it must be 'server' or 'colony' or 'member'"),
    ):
        client.identity(role)


def test_what_runs_on_the_loop_of_a_client() -> None:
    """A coroutine, and not the function that makes it."""
    work: Any = sample
    with Client(member_key=KEY) as client, pytest.raises(TypeError, match=r"it must be a coroutine, such as"):
        client.run(work)


def test_a_user_has_no_feed(colonies: LocalColony) -> None:
    """The server only says that there is no such executor."""
    with pytest.raises(
        DeniedError, match=r"executor not found.*signed by .*only executors may.*the key of one"
    ) as caught:
        next(colonies.client.subscribe_processes("cli", RUNNING, 10))
    assert caught.value.status == 403


def test_a_session_refuses_before_it_submits(colonies: LocalColony) -> None:
    """Nothing is left behind by a call that could not have waited."""
    timeout: Any = "1"
    with pytest.raises(InvalidRequestError, match="call: timeout is '1'; it must be a number of seconds"):
        colonies.call("add", to="math", timeout=timeout)
    assert colonies.client.get_statistics(colonies.name).waitingprocesses == 0


def test_what_cannot_be_submitted(colonies: LocalColony) -> None:
    """It is told from a workflow."""
    for wrong in (5, PROCESS, None):
        what: Any = wrong
        with pytest.raises(
            TypeError, match="cannot be submitted; it must be the name of a function, a FunctionSpec"
        ):
            colonies.session.submit(what)
        with pytest.raises(TypeError, match="cannot be called; it must be the name of a function"):
            colonies.call(what, to="math")


def test_more_than_a_server_bears_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once for each client, with the number, the limit, what happens and what helps."""
    AsyncClient(max_in_flight=MAX_OPEN_DATABASE_CONNECTIONS)
    assert caplog.messages == []
    environ = {"COLONIES_SERVER_PRVKEY": KEY, "COLONIES_MAX_IN_FLIGHT": "300"}
    with Client(max_in_flight=200), Client.from_env(environ), connect("dev", environ=environ):
        pass
    assert [each.name for each in caplog.records] == ["colonyos_gen"] * 3
    for message, number in zip(caplog.messages, (200, 300, 300), strict=True):
        assert message.startswith(f"max_in_flight is {number}: more than 100 requests")
        for word in (
            "freeze",
            "COLONIES_MAX_IN_FLIGHT",
            "COLONIES_DB_MAX_OPEN_CONNS",
            "Keep the server alive",
        ):
            assert word in message
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert "\n## Keep the server alive\n" in readme
