"""Change of identities. The old key is refused from then on, and what belonged to the old identity is the new one's.

All executors of a colony that have the old identity change, or all its users, as an identity may have several names.

Other rows name identities too: of who submitted a process, of the executor that it is assigned to, and of who added a cron
or a generator. They follow. So an executor that changes its key while it works can close what it is working on, and crons
go on running in the name of somebody who exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import ID_LENGTH
from colonyos_gen_wire.errors import NUL_REFUSED_403
from colonyos_gen_wire.errors import identity as errors
from colonyos_gen_wire.methods import identity as methods
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access, error_of
from colonyos_gen.server._caller.identities import is_identity
from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.upkeep.successions import Successions
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records, ServerOwner, Succession

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.identity import (
        ChangeColonyIDMsg,
        ChangeExecutorIDMsg,
        ChangeServerIDMsg,
        ChangeUserIDMsg,
    )


class Identities:
    """Serves the messages that change identities. Each is signed with the old key, and answered with itself."""

    def __init__(self, records: Records, access: Access, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._access = access
        self._quirks = quirks
        self._successions = Successions(records)

    async def change_executor_id(self, request: ChangeExecutorIDMsg, signer: str, /) -> ChangeExecutorIDMsg:
        colonyname, identity = request.colonyname, request.executorid
        if not identity:
            raise Refusal(errors.CHANGE_EXECUTOR_ID_EXECUTOR_ID_IS_EMPTY)
        self._access.require(methods.CHANGE_EXECUTOR_ID, signer, colonyname)
        executors = self._records.executors_with(colonyname, signer)
        if not executors and self._records.acting_executor(colonyname, signer) is None:
            raise Refusal(errors.CHANGE_EXECUTOR_ID_EXECUTOR_NOT_FOUND)
        if _is_unstorable(identity):
            raise Refusal(NUL_REFUSED_403)
        if not is_identity(identity):
            raise Refusal(errors.CHANGE_EXECUTOR_ID_NEW_EXECUTOR_ID_IS_NOT_64_CHARACTERS)
        for executor in executors:
            self._records.executors.put(replace(executor, executorid=identity))
            self._pass_on(Succession(colonyname, executor.executorname, signer, identity, assigned=True))
        return request

    async def change_user_id(self, request: ChangeUserIDMsg, signer: str, /) -> ChangeUserIDMsg:
        colonyname, identity = request.colonyname, request.userid
        if not identity:
            raise Refusal(errors.CHANGE_USER_ID_USER_ID_IS_EMPTY)
        self._access.require(methods.CHANGE_USER_ID, signer, colonyname)
        users = self._records.users_by_id.find((colonyname, signer))
        if not users:
            raise Refusal(errors.CHANGE_USER_ID_USER_NOT_FOUND)
        if _is_unstorable(identity):
            raise Refusal(NUL_REFUSED_403)
        if not is_identity(identity):
            raise Refusal(errors.CHANGE_USER_ID_NEW_USER_ID_IS_NOT_64_CHARACTERS)
        for user in users:
            self._records.users.put(replace(user, userid=identity))
            self._pass_on(Succession(colonyname, user.name, signer, identity, assigned=False))
        return request

    async def change_colony_id(self, request: ChangeColonyIDMsg, signer: str, /) -> ChangeColonyIDMsg:
        if not request.colonyid:
            raise Refusal(errors.CHANGE_COLONY_ID_COLONY_ID_IS_EMPTY)
        self._access.require(methods.CHANGE_COLONY_ID, signer, request.colonyname)
        if _is_unstorable(request.colonyid):
            raise Refusal(NUL_REFUSED_403)
        if not is_identity(request.colonyid):
            raise Refusal(errors.CHANGE_COLONY_ID_NEW_COLONY_ID_IS_NOT_64_CHARACTERS)
        colony = self._records.colonies[request.colonyname]
        self._records.colonies.put(replace(colony, colonyid=request.colonyid))
        return request

    async def change_server_id(self, request: ChangeServerIDMsg, signer: str, /) -> ChangeServerIDMsg:
        if not request.serverid:
            raise Refusal(errors.CHANGE_SERVER_ID_COLONY_ID_IS_EMPTY)
        self._access.require_server_owner(methods.CHANGE_SERVER_ID, signer)
        # The real server takes anything, and nobody owns it any more.
        if not is_identity(request.serverid):
            raise Refusal(error_of(methods.CHANGE_SERVER_ID, "new_colony_id_is_not_64_characters"))
        self._records.server_owner.put(ServerOwner(serverid=request.serverid))
        return request

    def _pass_on(self, change: Succession) -> None:
        """Let follow what somebody initiated or is working on."""
        if not self._quirks.identities_leave_all_behind:
            self._successions.begin(change)


def _is_unstorable(identity: str) -> bool:
    """Whether the database refuses what has the length of an identity."""
    return len(identity.encode()) == ID_LENGTH and has_nul((identity,))
