"""What is sent again when a call fails, and what never is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from colonyos_gen_wire.method import Idempotency
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import AsyncClient, Blueprint, BlueprintMetadata, Client, FunctionSpec
from colonyos_gen._call.retry import LONGEST_PAUSE, may_repeat, pauses
from colonyos_gen.errors import (
    ConnectionFailedError,
    NoProcessError,
    NotFoundError,
    RateLimitedError,
    RPCError,
    RPCTimeoutError,
    ServerFaultError,
)
from tests.client.kit.scripted import (
    DROP,
    HANG,
    KEY,
    PROCESS_ID,
    Answer,
    Script,
    Scripted,
    free_port,
    http,
    refusal,
    sample,
)

Call = Callable[[AsyncClient], Awaitable[Any]]

SPEC = FunctionSpec.new("echo", "cli", "dev")
BLUEPRINT = Blueprint(kind="K", metadata=BlueprintMetadata(name="b", colonyname="dev"))
GATEWAY = http(b"<html>Bad Gateway</html>", 502)

READ: dict[str, Call] = {
    "get_process": lambda client: client.get_process(PROCESS_ID),
    "get_processes": lambda client: client.get_processes("dev", 10, 0),
    "get_version": lambda client: client.get_version(),
}
IDEMPOTENT: dict[str, Call] = {
    "set_output": lambda client: client.set_output(PROCESS_ID, ["x"]),
    "reject_executor": lambda client: client.reject_executor("dev", "worker"),
    "remove_file": lambda client: client.remove_file("dev", fileid="1" * 64),
    "remove_snapshot": lambda client: client.remove_snapshot("dev", snapshotid="1" * 64),
}
UNSAFE: dict[str, Call] = {
    "submit": lambda client: client.submit(SPEC),
    "assign": lambda client: client.assign("dev", 1),
    "channel_append": lambda client: client.channel_append(PROCESS_ID, "c", 1, "x", "", 0),
    "fail": lambda client: client.fail(PROCESS_ID),
    "approve_executor": lambda client: client.approve_executor("dev", "worker"),
    "remove_executor": lambda client: client.remove_executor("dev", "worker"),
    "resume_assignments": lambda client: client.resume_assignments("dev"),
    "remove_all_snapshots": lambda client: client.remove_all_snapshots("dev"),
    "remove_file by name": lambda client: client.remove_file("dev", label="/a", name="b"),
    "remove_snapshot by name": lambda client: client.remove_snapshot("dev", name="b"),
    "update_blueprint": lambda client: client.update_blueprint(BLUEPRINT, False),
}
REPEATED = READ | IDEMPOTENT


def run(server: Scripted, call: Call, **options: Any) -> Any:
    """The result of one call with a fresh client."""

    async def once() -> Any:
        keys: dict[str, Any] = dict.fromkeys(("server_key", "colony_key", "member_key"), KEY)
        keys["timeout"] = 60.0
        async with AsyncClient(server.url, **(keys | options)) as client:
            return await call(client)

    return asyncio.run(once())


def test_the_calls_are_what_their_headings_say() -> None:
    """The schema agrees with the three groups above."""
    by_name = {method.name: method for method in METHODS.values()}
    assert {by_name[name].idempotency for name in READ} == {Idempotency.READ}
    assert {by_name[name].idempotency for name in IDEMPOTENT} == {Idempotency.IDEMPOTENT}
    unsafe = {by_name[name].idempotency for name in UNSAFE if " " not in name}
    assert unsafe == {Idempotency.UNSAFE}
    assert by_name["remove_file"].unsafe_when == by_name["remove_snapshot"].unsafe_when == "name"


@pytest.mark.parametrize(
    "name",
    [
        "submit",
        "submit_workflow",
        "add_child",
        "assign",
        "add_log",
        "channel_append",
        "pack_generator",
        "run_cron",
        "reconcile_blueprint",
        "add_file",
        "add_function",
    ],
)
def test_what_creates_duplicates_is_unsafe(name: str) -> None:
    """The calls that the protocol says must never be repeated blindly."""
    (method,) = (method for method in METHODS.values() if method.name == name)
    assert method.idempotency is Idempotency.UNSAFE


@pytest.mark.parametrize("failure", [DROP, Answer(reset=True), GATEWAY], ids=["drop", "reset", "gateway"])
@pytest.mark.parametrize("name", REPEATED)
def test_calls_that_may_be_repeated_are(name: str, failure: Answer) -> None:
    """Twice the connection or a gateway fails, the third attempt succeeds; all three are the same bytes."""
    with Scripted(failure, failure, sample) as server:
        run(server, REPEATED[name])
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1


@pytest.mark.parametrize("failure", [DROP, Answer(reset=True), GATEWAY], ids=["drop", "reset", "gateway"])
@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_calls_are_sent_once(name: str, failure: Answer) -> None:
    """Whether it was carried out is unknown, so the caller has to decide."""
    with Scripted(failure, sample) as server, pytest.raises(RPCError) as caught:
        run(server, UNSAFE[name], retries=5)
    assert len(server.requests) == 1
    assert isinstance(caught.value, ConnectionFailedError | ServerFaultError)
    if failure is not GATEWAY:
        assert "may have been carried out" in str(caught.value)


def test_unsafe_calls_are_sent_once_over_a_kept_connection_too() -> None:
    """The server drops an idle connection just as the next request comes: still not sent twice."""
    with Scripted(sample, DROP, sample) as server:

        async def twice(client: AsyncClient) -> None:
            await client.submit(SPEC)
            with pytest.raises(ConnectionFailedError):
                await client.submit(SPEC)

        run(server, twice)
    assert [request.connection for request in server.requests] == [0, 0]


def test_refusals_are_not_repeated() -> None:
    """An answer of the server is an answer."""
    answers: list[tuple[Script, type[RPCError]]] = [
        (http(refusal(404, "Failed to get process, process not found"), 404), NotFoundError),
        (http(refusal(500, "something broke"), 500), ServerFaultError),
        (http(b"", 500), ServerFaultError),
    ]
    for answer, kind in answers:
        with Scripted(answer, sample) as server, pytest.raises(kind):
            run(server, READ["get_process"])
        assert len(server.requests) == 1


def test_a_paused_colony_is_not_taken_for_a_gateway() -> None:
    """The server has a 503 of its own."""
    paused = http(refusal(503, "No processes available: colony assignments are paused"), 503)
    with Scripted(paused) as server, pytest.raises(RPCError, match="paused"):
        run(server, UNSAFE["assign"])
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["submit", "fail"])
def test_what_was_sent_away_unread_is_sent_again(name: str) -> None:
    """Also what must not be done twice: it has not been done once."""
    busy = http(refusal(429, "Too many large requests are under way"), 429)
    with Scripted(busy, http(b"slow down", 429), sample) as server:
        run(server, UNSAFE[name])
    assert len(server.requests) == 3
    with Scripted(busy) as server, pytest.raises(RateLimitedError):
        run(server, UNSAFE[name], retries=1)
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", ["submit", "assign"])
def test_what_was_not_read_whole_is_sent_again(name: str) -> None:
    """Also what must not be done twice. A paused colony, which has the same status, is no such thing."""
    slow = http(refusal(408, "The request body came too slowly"), 408)
    with Scripted(slow, http(b"408 Request Timeout", 408), sample) as server:
        run(server, UNSAFE[name])
    assert len(server.requests) == 3
    paused = http(refusal(408, "Assignment timeout: colony assignments are paused"), 408)
    with Scripted(paused) as server, pytest.raises(RPCError, match="paused"):
        run(server, UNSAFE["assign"])
    assert len(server.requests) == 1


def test_retries_can_be_switched_off() -> None:
    """With `retries=0` even reads are sent once."""
    with Scripted(DROP) as server, pytest.raises(ConnectionFailedError):
        run(server, READ["get_process"], retries=0)
    assert len(server.requests) == 1


def test_the_number_of_attempts_is_limited() -> None:
    """`retries` counts the repetitions."""
    with Scripted(DROP) as server, pytest.raises(ConnectionFailedError):
        run(server, READ["get_process"], retries=2)
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", ["submit", "get_process"])
def test_a_server_that_starts_late(name: str) -> None:
    """As long as the connection is refused nothing has been sent, so even a submit is tried again."""
    port = free_port()
    late = Scripted(sample, port=port)
    started = threading.Event()

    def start() -> None:
        late.__enter__()
        started.set()

    async def once() -> Any:
        async with AsyncClient(f"http://127.0.0.1:{port}", member_key=KEY, retries=200, timeout=60) as client:
            return await (REPEATED | UNSAFE)[name](client)

    timer = threading.Timer(0.25, start)
    timer.start()
    try:
        assert asyncio.run(once()).processid == PROCESS_ID
    finally:
        started.wait(60)
        late.__exit__()
    assert len(late.requests) == 1


def test_a_server_that_never_starts() -> None:
    """The error says that nothing was sent."""

    async def once() -> None:
        async with AsyncClient(f"http://127.0.0.1:{free_port()}", member_key=KEY, retries=1) as client:
            await client.submit(SPEC)

    with pytest.raises(ConnectionFailedError, match="the request was not sent") as caught:
        asyncio.run(once())
    assert not caught.value.sent
    assert caught.value.conn_err()


def test_an_unknown_host() -> None:
    """So does that of a name that does not resolve."""

    async def once() -> None:
        async with AsyncClient("http://no-such-host.invalid", member_key=KEY, retries=0) as client:
            await client.submit(SPEC)

    with pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(once())
    assert not caught.value.sent


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "http://a..b", "http://host:99999999", "https://ü..x"]
)
def test_an_unusable_address(url: str) -> None:
    """Either the client refuses the address, or the call fails as one that was not sent."""

    async def once() -> None:
        async with AsyncClient(url, member_key=KEY, retries=0) as client:
            await client.submit(SPEC)

    with pytest.raises((ConnectionFailedError, ValueError)) as caught:
        asyncio.run(once())
    assert not getattr(caught.value, "sent", False)


def test_the_deadline_is_for_all_attempts_together() -> None:
    """A server that always drops late does not get `retries` times the timeout."""
    with Scripted(Answer(delay=0.2, close=True)) as server, pytest.raises(RPCError):
        run(server, READ["get_process"], retries=100, timeout=2)
    assert 2 <= len(server.requests) <= 10, "each takes a tenth of the time"


def test_timeouts_are_not_repeated() -> None:
    """The time is used up then."""
    with Scripted(HANG) as server:
        for timeout in (0.2, 2, 20, 200):  # until the request has got there at all
            with pytest.raises(RPCTimeoutError):
                run(server, READ["get_process"], timeout=timeout)
            if server.requests:
                break
    assert len(server.requests) == 1


def test_a_call_can_have_a_timeout_of_its_own() -> None:
    """`rpc_timeout` wins over the client's."""
    with Scripted(HANG) as server, pytest.raises(RPCTimeoutError, match=r"0\.2|0\.19"):
        run(server, lambda client: client.get_process(PROCESS_ID, rpc_timeout=0.2), timeout=30)


def test_assign_gets_the_time_it_asks_for_on_top() -> None:
    """The server holds the reply back for the whole wait, which is longer than the client's timeout."""
    nothing = http(refusal(404, "No process available for assignment"), 404)
    with Scripted(Answer(nothing.data, delay=1.0)) as server, pytest.raises(NoProcessError):
        run(server, lambda client: client.assign("dev", 60), timeout=0.4)
    with Scripted(HANG) as server, pytest.raises(RPCTimeoutError):
        run(server, lambda client: client.assign("dev", -1), timeout=0.4)


def test_cancelling_a_task_ends_the_call_and_its_connection() -> None:
    """At once, so that a long poll does not keep the server's attention."""

    async def cancel(server: Scripted) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            task = asyncio.create_task(client.assign("dev", 60))
            while not server.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.hung_up.wait, 60)

    with Scripted(HANG) as server:
        asyncio.run(cancel(server))


def test_a_timeout_around_a_call_stays_the_callers() -> None:
    """`asyncio.timeout` outside raises its own TimeoutError, not ours."""

    async def bounded(client: AsyncClient) -> None:
        async with asyncio.timeout(0.2):
            await client.get_process(PROCESS_ID)

    with Scripted(HANG) as server, pytest.raises(TimeoutError) as caught:
        run(server, bounded)
    assert not isinstance(caught.value, RPCError)


def test_closing_the_client_ends_the_calls_under_way() -> None:
    """They fail as broken connections, and are not repeated with a closed client."""

    async def close(server: Scripted) -> None:
        client = AsyncClient(server.url, member_key=KEY)
        task = asyncio.create_task(client.get_process(PROCESS_ID))
        while not server.requests:
            await asyncio.sleep(0.01)
        await client.close_connections()
        with pytest.raises(RPCError):
            await asyncio.wait_for(task, 60)
        with pytest.raises(RPCError, match="the client is closed"):
            await client.get_process(PROCESS_ID)

    with Scripted(HANG) as server:
        asyncio.run(close(server))


def test_more_calls_than_connections_wait_for_their_turn() -> None:
    """The pool is a limit on connections, not on calls."""

    async def many(client: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(client.get_process(PROCESS_ID) for _ in range(20)))

    with Scripted(sample) as server:
        assert len(run(server, many, pool_size=2)) == 20
    assert server.connections <= 2


def test_pauses_double_up_to_a_limit_with_jitter() -> None:
    """The schedule of the repetitions."""
    first, *rest = list(pauses(12))
    assert 0.025 <= first <= 0.075
    assert all(0 < pause <= LONGEST_PAUSE * 1.5 for pause in rest)
    assert rest[-1] >= LONGEST_PAUSE * 0.5
    assert list(pauses(3)) != list(pauses(3))


def test_what_may_be_repeated() -> None:
    """The rule, case by case."""
    submit, read = METHODS["submitfuncspecmsg"], METHODS["getprocessmsg"]
    lost, refused = ConnectionFailedError("x"), ConnectionFailedError("x", sent=False)
    assert [may_repeat(submit, None, error) for error in (lost, refused)] == [False, True]
    assert [may_repeat(read, None, error) for error in (lost, refused)] == [True, True]
    assert not may_repeat(read, None, RPCTimeoutError("x"))
    assert not may_repeat(read, None, ServerFaultError("x", status=500))
    assert may_repeat(read, None, ServerFaultError("x", status=504))


def test_the_sync_client_repeats_alike() -> None:
    """It is the same client underneath."""
    with Scripted(DROP, sample) as server, Client(server.url, member_key=KEY) as client:
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID
        assert len(server.requests) == 2
