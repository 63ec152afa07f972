"""What ends programs, raised on the client's own thread, reaches the caller; and the client goes on working."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import SUCCESS, Client, FunctionSpec, Interceptor, OutgoingCall
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from tests.client.kit.odd import OddTransport, raises
from tests.client.kit.scripted import KEY, PROCESS_ID, Scripted, sample

EXITS = pytest.mark.parametrize("exit_", [KeyboardInterrupt, SystemExit, GeneratorExit])


class Exiting(Interceptor):
    """Raises it once, around a call of that name."""

    def __init__(self, error: BaseException, name: str, *, after: bool) -> None:
        self.error: BaseException | None = error
        self.name = name
        self.after = after

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        if call.method.name != self.name:
            return await proceed()
        reply = await proceed() if self.after else None
        error, self.error = self.error, None
        if error is not None:
            raise error
        return reply if self.after else await proceed()


@EXITS
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_interceptor_exits(exit_: type[BaseException], after: bool) -> None:
    with Scripted(sample) as server:
        interceptor = Exiting(exit_("now"), "get_process", after=after)
        client = Client(server.url, member_key=KEY, interceptors=[interceptor])
        with pytest.raises(exit_, match="now"):
            client.get_process(PROCESS_ID)
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID
        client.close_connections()


@EXITS
def test_a_transport_exits(exit_: type[BaseException]) -> None:
    transport: Any = OddTransport(raises(exit_("now")), connects=raises(exit_("then")))
    with Client(transport=transport, member_key=KEY) as client:
        with pytest.raises(exit_, match="now"):
            client.get_process(PROCESS_ID)
        with pytest.raises(exit_, match="then"):
            client.subscribe_channel(PROCESS_ID, "out", 0, 60).take()
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID


def _channel(client: Client, process: Any) -> None:
    with client.subscribe_channel(process.processid, "out", 0, 60) as entries:
        entries.take()


def _process(client: Client, process: Any) -> None:
    with client.process_events(process, 60) as events:
        events.take()


def _feed(client: Client, process: Any) -> None:
    del process
    with client.subscribe_processes("cli", SUCCESS, 60) as events:
        events.take()


KINDS: dict[str, tuple[Callable[[Client, Any], None], str]] = {
    "channel": (_channel, "subscribe_channel"),
    "process": (_process, "get_process"),
    "feed": (_feed, "subscribe_processes"),
}


@EXITS
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_is_exited(exit_: type[BaseException], kind: str) -> None:
    use, name = KINDS[kind]
    with LocalColony() as colony:
        executor = colony.add_executor("cli")
        with Client(colony.url, member_key=executor.key) as client:
            process = client.submit(FunctionSpec.new("echo", "cli", colony.name))
        interceptor = Exiting(exit_("now"), name, after=False)
        client = Client(colony.url, member_key=executor.key, interceptors=[interceptor])
        with pytest.raises(exit_, match="now"):
            use(client, process)
        assert client.get_process(process.processid).processid == process.processid
        client.close_connections()
