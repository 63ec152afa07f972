"""Colonies, executors and crons in few words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from colonyos_gen_wire.codec import decode

from colonyos_gen import (
    APPROVED,
    PENDING,
    REJECTED,
    UNREGISTERED,
    FunctionSpec,
    MissingKeyError,
    WorkflowSpec,
    connect,
    workflow,
)
from colonyos_gen.testing import LocalColony


def test_colonies(colonies: LocalColony) -> None:
    session = colonies.session
    assert session.colonies.add("lab").colonyid == colonies.colony_key.id
    session.colonies.add("other", colonies.user_key.id)
    assert {each.name for each in session.colonies.list()} == {"dev", "lab", "other"}
    session.colonies.remove("lab")
    assert {each.name for each in session.colonies.list()} == {"dev", "other"}
    keyless = connect("lab", url=colonies.url, keys={"server": colonies.server_key}, environ={})
    with keyless, pytest.raises(MissingKeyError, match="colony_key="):
        keyless.colonies.add("lab")


def test_executors(colonies: LocalColony) -> None:
    colonies.add_executor("gpu", "gpu-1", approve=False)
    executors = colonies.session.executors

    def state() -> int:
        return executors.list()[0].state

    assert state() == PENDING
    for act, expected in (
        (executors.approve, APPROVED),
        (executors.reject, REJECTED),
        (executors.remove, UNREGISTERED),
    ):
        act("gpu-1")
        assert state() == expected


def test_crons(colonies: LocalColony, tmp_path: Path) -> None:
    path = tmp_path / "echo_wf.json"
    nodes = [{"nodename": "a", "funcname": "echo", "conditions": {"executortype": "cli"}, "maxexectime": 0}]
    path.write_text(json.dumps(nodes))
    crons = colonies.session.crons
    crons.add("nightly", "0 0 3 * * *", spec=str(path), wait_for_previous=True)
    crons.add("single", interval=60, spec=FunctionSpec.new("work", "math", ""))
    with workflow("built", to="math") as wf:
        wf.task("add", after=wf.task("prep"))
    crons.add("built", "@daily", spec=wf)
    found = {each.name: each for each in crons.list()}
    assert (found["nightly"].waitforprevprocessgraph, found["nightly"].cronexpression) == (
        True,
        "0 0 3 * * *",
    )
    specs: dict[str, WorkflowSpec] = {
        name: decode(WorkflowSpec, each.workflowspec.encode()) for name, each in found.items()
    }
    assert {spec.colonyname for spec in specs.values()} == {colonies.name}
    assert [node.maxexectime for node in specs["nightly"].functionspecs] == [-1]
    assert [node.nodename for node in specs["single"].functionspecs] == ["work"]
    assert [node.nodename for node in specs["built"].functionspecs] == ["prep", "add"]
    crons.run("single")
    assert colonies.client.get_processes(colonies.name)[0].spec.funcname == "work"
    with pytest.raises(LookupError, match="colony 'dev' has no cron 'daily'; it has: "):
        crons.run("daily")
    for name in found:
        crons.remove(name)
    assert crons.list() == []


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    colonies.add_executor("gpu", "gpu-1", approve=False)

    async def main() -> None:
        session = colonies.asession
        await session.colonies.add("lab")
        assert len(await session.colonies.list()) == 2
        await session.executors.approve("gpu-1")
        assert (await session.executors.list())[0].state == APPROVED
        await session.crons.add("hourly", "@hourly", spec=FunctionSpec.new("work", "math", ""))
        await session.crons.remove("hourly")
        assert await session.crons.list() == []

    asyncio.run(main())
