"""What is refused here because it would break the real server counts as well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from colonyos_gen_wire.hazards import HAZARDS
from colonyos_gen_wire.methods import identity
from colonyos_gen_wire.requests.identity import ChangeServerIDMsg

from colonyos_gen.crypto import PrivateKey
from tests.server.kit import generators, workflow_lab
from tests.server.kit.lab import Lab, Refused, spec
from tests.server.kit.stored import node

from .hazard_lab import noticed, play

pytestmark = pytest.mark.hazards

Act = Callable[[Lab, PrivateKey, PrivateKey], Awaitable[Any]]
NOWHERE = "f" * 64


async def _parent(here: Lab, user: PrivateKey, executor: PrivateKey) -> Any:
    await workflow_lab.submit(here, user, node("a"))
    return await here.assign(executor)


async def _no_trigger(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await generators.add(here, user, trigger=0)


async def _no_parent(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:
    parent = await _parent(here, user, executor)
    parent.processid = NOWHERE
    await workflow_lab.add_child(here, executor, parent, node("b"))


async def _no_child(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:
    parent = await _parent(here, user, executor)
    await workflow_lab.add_child(here, executor, parent, node("b"), follower=NOWHERE)


async def _other_workflow(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:
    parent = await _parent(here, user, executor)
    await workflow_lab.add_child(here, executor, parent, node("b"), processgraphid=NOWHERE)


async def _colon(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await here.add_user("a:b")


async def _no_dependency(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await workflow_lab.submit(here, user, node("a", "nothing"))


async def _nul(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await here.submit(user, spec(env={"k": "a\0b"}))


async def _nul_in_a_node(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await workflow_lab.submit(here, user, node("a", env={"k": "a\0b"}))


async def _short_id(here: Lab, user: PrivateKey, executor: PrivateKey) -> None:  # noqa: ARG001
    await here.call(here.server_key, identity.CHANGE_SERVER_ID, ChangeServerIDMsg(serverid="ab"))


@pytest.mark.parametrize(
    ("name", "send"),
    [
        ("generator_without_trigger", _no_trigger),
        ("child_of_unknown_parent", _no_parent),
        ("unknown_child", _no_child),
        ("child_of_other_workflow", _other_workflow),
        ("colon_in_name", _colon),
        ("unknown_dependency", _no_dependency),
        ("nul_in_env", _nul),
        ("nul_in_env", _nul_in_a_node),
        ("server_id_of_wrong_length", _short_id),
    ],
)
def test_what_breaks_the_real_server_is_counted(name: str, send: Act) -> None:
    assert name in HAZARDS

    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        with pytest.raises(Refused):
            await send(here, user, executor)
        assert noticed(here) == {name: 1}

    play(act)


def test_what_is_well_is_not() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await generators.add(here, user, trigger=1)
        parent = await _parent(here, user, executor)
        await workflow_lab.add_child(here, executor, parent, node("b"))
        await workflow_lab.submit(here, user, node("a"), node("b", "a", env={"k": "v"}))
        owner = PrivateKey.generate().id
        await here.call(here.server_key, identity.CHANGE_SERVER_ID, ChangeServerIDMsg(serverid=owner))
        assert noticed(here) == {}

    play(act)


def test_strangers_break_nothing() -> None:
    async def act(here: Lab) -> None:
        with pytest.raises(Refused):
            await generators.add(here, PrivateKey.generate(), trigger=0)
        assert noticed(here) == {}

    play(act)
