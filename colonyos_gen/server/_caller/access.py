"""Who may do what.

Which roles a message is open to stands in its descriptor, and the texts of the refusals stand there too, so this
module holds only the meaning of the roles:

- the *server owner* has the identity that the server was started with, or what it has been changed to since;
- a *colony owner* has the identity that is the id of the colony, and is no member of it;
- a *member* is an executor or a user of the colony. An executor must be APPROVED, except for the messages that
  admit executors in any state.

Being the executor that a process is assigned to is something that only the handler can see; it is checked there,
after membership.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from colonyos_gen_wire import errors
from colonyos_gen_wire.method import ErrorSpec, Method, Role
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.server._caller.nul import has_nul
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records

AnyMethod = Method[Any, Any]

_MEMBERS = {
    Role.EXECUTOR_APPROVED,
    Role.EXECUTOR_ANY_STATE,
    Role.USER,
    Role.ASSIGNED_EXECUTOR,
    Role.INITIATOR,
}


@cache
def error_of(method: AnyMethod, name: str) -> ErrorSpec:
    """The error of `method` with this symbolic name.

    A few messages leave an error out that the others have, because the real server forgets to answer there. Then
    the wording of another message serves.
    """
    for candidate in (method, *METHODS.values()):
        for error in candidate.errors:
            if error.name == name:
                return error
    raise LookupError(f"no message has an error called {name}")


class Access:
    """Checks the rights of signers against the rows of the server."""

    def __init__(self, records: Records, server_id: str, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._quirks = quirks
        self._server_id = server_id

    @property
    def server_id(self) -> str:
        """Identity of the server owner."""
        for owner in self._records.server_owner:
            return owner.serverid
        return self._server_id

    def require(self, method: AnyMethod, signer: str, colonyname: str) -> None:
        """Refuse unless `signer` has one of the roles that `method` is open to in this colony."""
        owner = Role.COLONY_OWNER in method.roles
        members = not _MEMBERS.isdisjoint(method.roles)
        if owner and not colonyname:
            raise Refusal(error_of(method, "empty_colony_name"))
        colony = self._records.colonies.get(colonyname)
        if colony is None:
            if has_nul((colonyname,)):
                raise Refusal(errors.NUL_REFUSED_403)
            raise Refusal(error_of(method, "unknown_colony"), name=colonyname)
        if owner and signer == colony.colonyid:
            return
        if members and self._is_member(method, signer, colonyname):
            return
        if members and not owner:
            raise Refusal(error_of(method, "not_a_member"), name=colonyname)
        raise Refusal(error_of(method, "not_colony_owner"))

    def require_server_owner(self, method: AnyMethod, signer: str) -> None:
        """Refuse unless `signer` is the owner of the server."""
        if signer != self.server_id:
            raise Refusal(error_of(method, "not_server_owner"))

    def owns(self, signer: str, colonyname: str) -> bool:
        """Whether `signer` is the owner of the colony, or of the server."""
        colony = self._records.colonies.get(colonyname)
        return signer == self.server_id or (colony is not None and signer == colony.colonyid)

    def is_stranger(self, signer: str) -> bool:
        """Whether `signer` is nobody here: owner of nothing, and in no colony."""
        return signer != self.server_id and not self._records.is_known_anywhere(signer)

    def _is_member(self, method: AnyMethod, signer: str, colonyname: str) -> bool:
        approved = Role.EXECUTOR_ANY_STATE not in method.roles
        executor = self._records.executor_of(colonyname, signer, approved=approved)
        if executor is not None:
            return True
        return self._records.user_of(colonyname, signer) is not None
