"""Colonies, executors, users, and who may do what, on a server."""

from __future__ import annotations

import pytest
from colonyos_gen_wire import Allocations, Capabilities, Hardware, Project, Software

from colonyos_gen import (
    APPROVED,
    PENDING,
    REJECTED,
    UNREGISTERED,
    AlreadyExistsError,
    Colony,
    DeniedError,
    Executor,
    InvalidRequestError,
    NotFoundError,
    PrivateKey,
    User,
)
from tests.live.scene import Scene, play


def test_server_information_needs_no_key() -> None:
    async def act(scene: Scene) -> None:
        await scene.client.get_version()
        info = await scene.client.get_server_info()
        assert info.backends
        cluster = await scene.client.get_cluster()
        assert cluster.nodes

    play(act)


def test_colonies() -> None:
    async def act(scene: Scene) -> None:
        names = [colony.name for colony in await scene.client.get_colonies()]
        assert scene.colonyname in names
        assert (await scene.client.get_colony(scene.colonyname)).colonyid == scene.colony_key.id
        with pytest.raises(AlreadyExistsError):
            await scene.client.add_colony(Colony(colonyid=scene.colony_key.id, name=scene.colonyname))
        with pytest.raises(DeniedError) as caught:
            await scene.client.get_colonies(prvkey=scene.user_key)
        assert caught.value.signer == scene.user_key.id
        assert scene.user_key.hex() not in str(caught.value)
        with pytest.raises(NotFoundError):
            await scene.client.remove_colony("there-is-no-such-colony")

    play(act)


def test_the_life_of_an_executor() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, PrivateKey.generate()
        added = await client.add_executor(
            Executor.new("candidate", key.id, scene.executortype, scene.colonyname)
        )
        assert (added.state, added.commissiontime is not None) == (PENDING, True)
        with pytest.raises(DeniedError):
            await client.assign(scene.colonyname, -1, prvkey=key)
        await client.reject_executor(scene.colonyname, "candidate")
        assert (await client.get_executor(scene.colonyname, "candidate")).state is REJECTED
        await client.approve_executor(scene.colonyname, "candidate")
        assert (await client.get_executor_by_id(scene.colonyname, key.id)).state is APPROVED
        assert len(await client.get_executors(scene.colonyname)) == 2
        await client.remove_executor(scene.colonyname, "candidate")
        assert (await client.get_executor(scene.colonyname, "candidate")).state is UNREGISTERED
        with pytest.raises(NotFoundError):
            await client.approve_executor(scene.colonyname, "nobody")

    play(act)


def test_an_executor_reports_what_it_has() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, scene.executor_key
        hardware = Hardware(model="a machine", cores=8, mem="16Gi", network=["10.0.0.1"])
        capabilities = Capabilities(hardware=[hardware], software=[Software(name="python", version="3.11")])
        await client.update_executor(
            scene.colonyname, scene.executorname, capabilities=capabilities, prvkey=key
        )
        allocations = Allocations(projects={"p": Project(allocatedcpu=10, usedcpu=3)})
        await client.report_allocations(
            scene.colonyname, scene.executorname, allocations=allocations, prvkey=key
        )
        executor = await client.get_executor(scene.colonyname, scene.executorname)
        assert executor.capabilities == capabilities
        assert executor.allocations == allocations

    play(act)


def test_users() -> None:
    async def act(scene: Scene) -> None:
        client, key = scene.client, PrivateKey.generate()
        user = User(colonyname=scene.colonyname, userid=key.id, name="ada", email="ada@example.com")
        assert await client.add_user(user) == user
        assert await client.get_user(scene.colonyname, "ada") == user
        assert await client.get_user_by_id(scene.colonyname, key.id) == user
        assert len(await client.get_users(scene.colonyname)) == 2
        with pytest.raises(AlreadyExistsError):
            await client.add_user(user)
        await client.remove_user(scene.colonyname, "ada")
        with pytest.raises(NotFoundError):
            await client.get_user(scene.colonyname, "ada")

    play(act)


def test_strangers_and_owners_are_no_members() -> None:
    async def act(scene: Scene) -> None:
        for key in (scene.stranger_key, scene.colony_key, scene.server_key):
            with pytest.raises(DeniedError):
                await scene.client.submit(scene.spec(), prvkey=key)
            with pytest.raises(DeniedError):
                await scene.client.get_statistics(scene.colonyname, prvkey=key)
        with pytest.raises(DeniedError):
            await scene.client.assign(scene.colonyname, -1, prvkey=scene.user_key)

    play(act)


def test_a_name_that_would_break_listings_is_not_sent() -> None:
    async def act(scene: Scene) -> None:
        executor = Executor.new("a:b", PrivateKey.generate().id, "t", scene.colonyname)
        with pytest.raises(InvalidRequestError) as caught:
            await scene.client.add_executor(executor)
        assert (caught.value.field, caught.value.value) == ("executor.executorname", "a:b")
        assert len(await scene.client.get_executors(scene.colonyname)) == 1

    play(act)
