"""What a type checker knows about sessions. The functions here are checked and not called, but for the last one."""

from __future__ import annotations

import inspect
from typing import Any, assert_type

import pytest

from colonyos_gen import (
    AsyncChannelStream,
    AsyncClient,
    AsyncProcessHandle,
    AsyncSession,
    AsyncStream,
    AsyncWorkflowHandle,
    ChannelEntry,
    ChannelStream,
    Client,
    FunctionSpec,
    Generator,
    Log,
    Process,
    ProcessFailed,
    ProcessHandle,
    ProcessState,
    Removed,
    Session,
    Stream,
    Workflow,
    WorkflowHandle,
    WorkflowSpec,
    as_completed,
    connect,
    gather,
)
from colonyos_gen.session._administration.colonies import AsyncColonies, Colonies
from colonyos_gen.session._administration.crons import AsyncCrons, Crons
from colonyos_gen.session._administration.executors import AsyncExecutors, Executors
from colonyos_gen.session._administration.generators import AsyncGenerators, Generators


def go_on(batch: list[ChannelEntry]) -> bool:
    return not batch


def synchronous(wf: Workflow, ws: WorkflowSpec, fs: FunctionSpec) -> None:
    with connect() as session:
        assert_type(session, Session)
        assert_type(session.rpc, Client)
        handle = session.submit("add", 1, to="math", lr=0.1)
        assert_type(handle, ProcessHandle)
        assert_type(session.submit(fs, to="math"), ProcessHandle)
        assert_type(session.submit(wf), WorkflowHandle)
        assert_type(session.submit(ws).wait(), WorkflowHandle)
        assert_type(handle.wait(1, progress=True), ProcessHandle)
        assert_type(handle.stream("out"), Stream[str])
        assert_type(handle.stream("out", as_bytes=True), Stream[bytes])
        assert_type(handle.logs(follow=True), Stream[Log])
        assert_type(as_completed([handle]), Stream[ProcessHandle])
        assert_type(gather(handle, handle), list[Any])
        assert_type(gather([handle]), list[Any])
        assert_type(session.submit(wf).processes(), dict[str, Process])
        assert_type(session.submit(wf).failures(), dict[str, ProcessFailed])
        assert_type(handle.cancel(), ProcessState)
        assert_type(session.submit(wf).cancel(), ProcessState)
        assert_type(session.remove_all_processes(), Removed)
        assert_type(session.remove_all_workflows(), Removed)
        assert_type(session.generators.get("packer"), Generator)
        assert_type(session.rpc.subscribe_channel("p", "out"), ChannelStream)
        assert_type(session.rpc.subscribe_channel("p", "out", timeout=3, callback=go_on), list[ChannelEntry])
        assert_type(session.rpc.subscribe_channel("p", "out", 0, None, go_on), list[ChannelEntry])


async def asynchronous(wf: Workflow, fs: FunctionSpec) -> None:
    async with connect() as session:
        assert_type(session, AsyncSession)
        assert_type(session.rpc, AsyncClient)
        handle = await session.submit("add", 1, to="math", lr=0.1)
        assert_type(handle, AsyncProcessHandle)
        assert_type(await session.submit(fs), AsyncProcessHandle)
        assert_type(await session.submit(wf), AsyncWorkflowHandle)
        assert_type(await handle.wait(), AsyncProcessHandle)
        assert_type(handle.stream("out"), AsyncStream[str])
        assert_type(handle.stream("out", as_bytes=True), AsyncStream[bytes])
        assert_type(as_completed([handle]), AsyncStream[AsyncProcessHandle])
        assert_type(await gather(handle), list[Any])
        assert_type(session.rpc.subscribe_channel("p", "out"), AsyncChannelStream)
        assert_type(await session.rpc.subscribe_channel("p", "out", callback=go_on), list[ChannelEntry])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Session, AsyncSession),
        (ProcessHandle, AsyncProcessHandle),
        (WorkflowHandle, AsyncWorkflowHandle),
        (Colonies, AsyncColonies),
        (Executors, AsyncExecutors),
        (Crons, AsyncCrons),
        (Generators, AsyncGenerators),
    ],
)
def test_both_kinds_have_the_same_verbs(one: type, other: type) -> None:
    """Same names and parameters, apart from what leads from one kind to the other, and what waits inside."""

    def verbs(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(each).parameters) for name, each in found if not name.startswith("_")
        }

    inside = {"see", "graphs", "last_logs"}
    expected = {name: parameters for name, parameters in verbs(other).items() if name not in inside}
    given = verbs(one)
    if one is Session:  # it hands its arguments on
        del expected["submit"], given["submit"]
    assert given == expected
