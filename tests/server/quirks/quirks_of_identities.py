"""Quirks of identities that have several names."""

from __future__ import annotations

from colonyos_gen_wire import Colony, Executor, User
from colonyos_gen_wire.constants import APPROVED, PENDING, REJECTED

from colonyos_gen import PrivateKey
from tests.server.kit.lab import COLONY, TYPE, spec

from .quirk_scene import QuirkScene, outcome, shows

FLAG = "one_executor_per_identity"


@shows(FLAG, strict=["u", "u", "u", "e2", "u"], quirk=["u", "e2", "e2", "e2", "e2"])
async def initiator_with_two_names(here: QuirkScene) -> object:
    key, names = here.user_key, list[str]()

    async def submit() -> None:
        names.append((await here.user.submit(spec())).initiatorname)

    await submit()
    await here.user.add_executor(Executor.new("e2", key.id, TYPE, COLONY))
    await submit()
    await here.user.reject_executor(COLONY, "e2")
    await submit()
    await here.user.approve_executor(COLONY, "e2")
    await submit()
    await here.user.remove_executor(COLONY, "e2")
    await submit()
    return names


@shows(FLAG, strict=["u", "DeniedError 500"], quirk=["far", "ok"])
async def user_who_is_an_executor_elsewhere(here: QuirkScene) -> object:
    owner = here.lab.colony_key
    await here.user.add_colony(Colony(colonyid=owner.id, name="second"))
    await here.user.add_executor(Executor.new("far", here.user_key.id, TYPE, "second"))
    name = (await here.user.submit(spec())).initiatorname
    return [name, await outcome(here.user.assign(COLONY, -1, prvkey=here.user_key))]


@shows(
    FLAG,
    strict=["e2", (PENDING, APPROVED), (PENDING, REJECTED)],
    quirk=["e1", (APPROVED,) * 2, (REJECTED,) * 2],
)
async def one_key_under_two_names(here: QuirkScene) -> object:
    key = PrivateKey.generate()
    await here.user.add_executor(Executor.new("e1", key.id, TYPE, COLONY))
    added = await here.user.add_executor(Executor.new("e2", key.id, TYPE, COLONY))

    async def states() -> object:
        return tuple([(await here.user.get_executor(COLONY, name)).state for name in ("e1", "e2")])

    await here.user.approve_executor(COLONY, "e2")
    approved = await states()
    await here.user.reject_executor(COLONY, "e2")
    return [added.executorname, approved, await states()]


@shows(FLAG, strict=[True, False], quirk=[True, True])
async def heard_of_under_one_name(here: QuirkScene) -> object:
    key = PrivateKey.generate()
    for name in ("e1", "e2"):
        await here.user.add_executor(Executor.new(name, key.id, TYPE, COLONY))
        await here.user.approve_executor(COLONY, name)
    await outcome(here.user.assign(COLONY, -1, prvkey=key))
    found = [await here.user.get_executor(COLONY, name) for name in ("e1", "e2")]
    return [each.lastheardfromtime is not None for each in found]


@shows(FLAG, strict="second", quirk="lab")
async def colony_with_the_owner_of_another(here: QuirkScene) -> object:
    return (await here.user.add_colony(Colony(colonyid=here.lab.colony_key.id, name="second"))).name


@shows(FLAG, strict="NotFoundError 400", quirk="ok")
async def change_of_an_executor_that_is_elsewhere(here: QuirkScene) -> object:
    owner, key, new = here.lab.colony_key, PrivateKey.generate(), PrivateKey.generate()
    await here.user.add_user(User(colonyname=COLONY, userid=key.id, name="v"))
    await here.user.add_colony(Colony(colonyid=owner.id, name="second"))
    await here.user.add_executor(Executor.new("far", key.id, TYPE, "second"))
    changed = await outcome(here.user.change_executor_id(COLONY, new.id, prvkey=key))
    # It changes nothing.
    assert (await here.user.get_user(COLONY, "v")).userid == key.id
    return changed
