"""Who is let in, against the roles that the schema gives each message."""

from __future__ import annotations

import pytest
from colonyos_gen_wire.constants import APPROVED, PENDING, REJECTED, UNREGISTERED
from colonyos_gen_wire.method import Role
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.user import User

from colonyos_gen.server._caller.access import Access, AnyMethod
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.tables import Store

SERVER, OWNER, USER, STRANGER = "server", "owner", "user", "stranger"
STATES = {"approved": APPROVED, "pending": PENDING, "rejected": REJECTED, "unregistered": UNREGISTERED}
EVERYBODY = (SERVER, OWNER, USER, STRANGER, "foreign", *STATES)


def access() -> Access:
    records = Records(Store())
    records.colonies.put(Colony(colonyid=OWNER, name="c"))
    records.colonies.put(Colony(colonyid="foreign owner", name="d"))
    records.users.put(User(colonyname="c", userid=USER, name="u"))
    for name, state in STATES.items():
        records.executors.put(
            Executor(executorid=name, executortype="t", executorname=name, colonyname="c", state=state)
        )
    records.executors.put(
        Executor(executorid="foreign", executortype="t", executorname="f", colonyname="d", state=APPROVED)
    )
    return Access(records, SERVER)


def let_in(method: AnyMethod) -> set[str]:
    admitted: set[str] = set()
    for signer in EVERYBODY:
        try:
            access().require(method, signer, "c")
        except Refusal:
            continue
        admitted.add(signer)
    return admitted


def expected(method: AnyMethod) -> set[str]:
    roles = set(method.roles)
    admitted: set[str] = set()
    if Role.COLONY_OWNER in roles:
        admitted.add(OWNER)
    if roles & {Role.EXECUTOR_APPROVED, Role.ASSIGNED_EXECUTOR, Role.INITIATOR, Role.USER}:
        admitted |= {USER, "approved"}
    if Role.EXECUTOR_ANY_STATE in roles:
        admitted |= set(STATES)
    return admitted


OF_A_COLONY = [
    method
    for method in METHODS.values()
    if not {Role.NONE, Role.ANY_KEY, Role.SERVER_OWNER}.intersection(method.roles)
]


@pytest.mark.parametrize("method", OF_A_COLONY, ids=lambda method: method.name)
def test_roles(method: AnyMethod) -> None:
    assert let_in(method) == expected(method)


def refusal(method: AnyMethod, signer: str, colonyname: str) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        access().require(method, signer, colonyname)
    return caught.value.status, caught.value.message


def test_wording() -> None:
    submit, remove = METHODS["submitfuncspecmsg"], METHODS["removeallprocessesmsg"]
    assert refusal(submit, OWNER, "c") == (403, "Access denied, not a member of Colony with name <c>")
    assert refusal(submit, USER, "x") == (403, "Colony with name <x> does not exists")
    assert refusal(submit, USER, "") == (403, "Colony with name <> does not exists")
    assert refusal(remove, USER, "c") == (403, "Access denied, not colony owner")
    assert refusal(remove, OWNER, "") == (403, "Empty Colony name")
    # The real server answers these with nothing at all.
    assert refusal(METHODS["getprocesshistmsg"], STRANGER, "c") == (
        403,
        "Access denied, not a member of Colony with name <c>",
    )


def test_an_executor_of_two_colonies_is_a_member_of_both() -> None:
    records = Records(Store())
    for name in "cd":
        records.colonies.put(Colony(colonyid=OWNER, name=name))
        records.executors.put(
            Executor(executorid="e", executortype="t", executorname="n", colonyname=name, state=APPROVED)
        )
    for name in "cd":
        Access(records, SERVER).require(METHODS["submitfuncspecmsg"], "e", name)


def test_only_the_server_owner_is_the_server_owner() -> None:
    access().require_server_owner(METHODS["addcolonymsg"], SERVER)
    with pytest.raises(Refusal, match="403 Access denied, not server owner"):
        access().require_server_owner(METHODS["addcolonymsg"], OWNER)
