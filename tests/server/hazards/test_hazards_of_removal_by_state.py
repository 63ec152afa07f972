"""Removal of workflows by state, of which nodes are left behind on the real server."""

from __future__ import annotations

import pytest
from colonyos_gen_wire.constants import CANCELLED, FAILED

from colonyos_gen import PrivateKey
from tests.server.kit import workflow_lab
from tests.server.kit.lab import Lab, Refused
from tests.server.kit.stored import node

from .hazard_lab import noticed, play

pytestmark = pytest.mark.hazards


async def half_failed(here: Lab) -> tuple[PrivateKey, str]:
    """A workflow of two nodes, of which one has succeeded and the other failed: the executor, and the id of the first."""
    user, executor = await here.add_user("u"), await here.add_executor("e")
    await workflow_lab.submit(here, user, node("a"), node("b"))
    one, other = await here.assign(executor), await here.assign(executor)
    await here.close(executor, one.processid)
    await workflow_lab.fail(here, executor, other)
    return executor, one.processid


def test_failed_ones_by_state_while_a_node_runs() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await workflow_lab.submit(here, user, node("a"), node("b"))
        one, other = await here.assign(executor), await here.assign(executor)
        await workflow_lab.fail(here, executor, one)
        await workflow_lab.remove_all(here, here.colony_key, FAILED)
        assert noticed(here) == {"failed_workflow_removed_while_closing": 1}
        assert other.processid[:12] in here.server.hazards.seen[0].detail

    play(act)


def test_failed_ones_by_state_while_a_node_of_another_runs() -> None:
    async def act(here: Lab) -> None:
        executor, _ = await half_failed(here)
        await here.submit(executor)
        await here.assign(executor)
        await workflow_lab.remove_all(here, here.colony_key, FAILED)
        assert noticed(here) == {}

    play(act)


def test_a_node_that_is_closed_again_without_its_workflow() -> None:
    async def act(here: Lab) -> None:
        executor, processid = await half_failed(here)
        await here.close(executor, processid)
        await workflow_lab.remove_all(here, here.colony_key, FAILED)
        assert noticed(here) == {}
        await here.close(executor, processid)
        assert noticed(here) == {"node_closed_after_removal_by_state": 1}

    play(act, quirks="v1.9")


def test_a_node_of_a_cancelled_workflow_that_is_closed_again() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a"), node("b", "a"))
        one = await here.assign(executor)
        await here.close(executor, one.processid)
        await workflow_lab.cancel(here, user, graph.processgraphid)
        await workflow_lab.remove_all(here, here.colony_key, CANCELLED)
        with pytest.raises(Refused):
            await here.close(user, one.processid)
        assert noticed(here) == {}
        await here.close(executor, one.processid)
        assert noticed(here) == {"node_closed_after_removal_by_state": 1}

    play(act, quirks="v1.9")


def test_a_strict_server_leaves_no_node() -> None:
    async def act(here: Lab) -> None:
        executor, processid = await half_failed(here)
        await workflow_lab.remove_all(here, here.colony_key, FAILED)
        with pytest.raises(Refused):
            await here.close(executor, processid)
        assert noticed(here) == {}

    play(act)
