"""Users of a colony. Whether the colony exists is looked at before the rights of the signer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import UNRESOLVED_COLONY
from colonyos_gen_wire.errors import user as errors
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.methods import user as methods
from colonyos_gen_wire.types.user import User

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul, require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.plain_text import require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.user import (
        AddUserMsg,
        GetUserByIDMsg,
        GetUserMsg,
        GetUsersMsg,
        RemoveUserMsg,
    )


class Users:
    """Serves the user messages."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def add_user(self, request: AddUserMsg, signer: str, /) -> User:
        user = request.user
        self._require_colony(errors.ADD_USER_COLONY_NOT_FOUND, user.colonyname)
        self._access.require(methods.ADD_USER, signer, user.colonyname)
        require_name("user name", user.name)
        require_text(methods.ADD_USER, user.name, user.userid, user.email, user.phone)
        if self._records.user(user.colonyname, user.name) is not None:
            raise Refusal(errors.ADD_USER_A_USER_ALREADY_EXISTS, name=user.name, colony=user.colonyname)
        return self._records.users.put(user)

    async def get_user(self, request: GetUserMsg, signer: str, /) -> User:
        self._require_colony(errors.GET_USER_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.GET_USER, signer, request.colonyname)
        user = self._records.user(request.colonyname, request.name)
        if user is None:
            raise Refusal(errors.GET_USER_USER_NOT_FOUND)
        return user

    async def get_user_by_id(self, request: GetUserByIDMsg, signer: str, /) -> User:
        self._require_colony(errors.GET_USER_BY_ID_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.GET_USER_BY_ID, signer, request.colonyname)
        user = self._records.user_of(request.colonyname, request.userid)
        if user is None:
            raise Refusal(errors.GET_USER_BY_ID_USER_NOT_FOUND)
        return user

    async def get_users(self, request: GetUsersMsg, signer: str, /) -> list[User]:
        self._require_colony(errors.GET_USERS_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.GET_USERS, signer, request.colonyname)
        return self._records.users_of_colony.find(request.colonyname)

    async def remove_user(self, request: RemoveUserMsg, signer: str, /) -> None:
        self._require_colony(errors.REMOVE_USER_COLONY_NOT_FOUND, request.colonyname)
        self._access.require(methods.REMOVE_USER, signer, request.colonyname)
        user = self._records.user(request.colonyname, request.name)
        if user is None:
            raise Refusal(errors.REMOVE_USER_USER_NOT_FOUND, name=request.name)
        self._records.users.remove(user)

    def _require_colony(self, error: ErrorSpec, colonyname: str) -> None:
        if has_nul((colonyname,)):
            raise Refusal(UNRESOLVED_COLONY)
        if self._records.colonies.get(colonyname) is None:
            raise Refusal(error, name=colonyname)
