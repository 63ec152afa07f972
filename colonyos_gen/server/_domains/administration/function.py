"""Functions that executors say they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import function as errors
from colonyos_gen_wire.methods import function as methods
from colonyos_gen_wire.types.function import Function
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.integers import require_integers

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.function import AddFunctionMsg, GetFunctionsMsg, RemoveFunctionMsg


class Functions:
    """Serves the function messages."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def add_function(self, request: AddFunctionMsg, signer: str, /) -> Function:
        function = request.function
        self._access.require(methods.ADD_FUNCTION, signer, function.colonyname)
        require_text(methods.ADD_FUNCTION, function.executorname)
        executor = self._records.executor(function.colonyname, function.executorname)
        if executor is None:
            raise Refusal(errors.ADD_FUNCTION_EXECUTOR_NOT_FOUND, name=function.executorname)
        if executor.executorid != signer:
            raise Refusal(errors.ADD_FUNCTION_NOT_ALLOWED_TO_ADD_A_FUNCTION_TO_ANOTHER_EXECUTOR)
        require_text(
            methods.ADD_FUNCTION,
            function.functionid,
            function.funcname,
            function.executortype,
            function.description,
        )
        require_integers(function.counter, refused=errors.ADD_FUNCTION_DATABASE_REFUSED)
        if self._records.functions.get(function.functionid) is not None:
            raise Refusal(errors.ADD_FUNCTION_DUPLICATE_KEY, detail="prod_functions_pkey")
        functionid = function.functionid or new_id()
        return self._records.functions.put(
            replace(function, functionid=functionid, locationname=executor.locationname)
        )

    async def get_functions(self, request: GetFunctionsMsg, signer: str, /) -> list[Function]:
        self._access.require(methods.GET_FUNCTIONS, signer, request.colonyname)
        if request.executorname:
            return self._records.functions_of_executor.find((request.colonyname, request.executorname))
        return self._records.functions_of_colony.find(request.colonyname)

    async def remove_function(self, request: RemoveFunctionMsg, signer: str, /) -> None:
        if not request.functionid:
            raise Refusal(errors.REMOVE_FUNCTION_FUNCTIONID_IS_EMPTY)
        function = self._records.functions.get(request.functionid)
        if function is None:
            raise Refusal(errors.REMOVE_FUNCTION_FUNCTION_NOT_FOUND)
        self._access.require(methods.REMOVE_FUNCTION, signer, function.colonyname)
        executor = self._records.executor(function.colonyname, function.executorname)
        if executor is None or executor.executorid != signer:
            raise Refusal(errors.REMOVE_FUNCTION_NOT_ALLOWED_TO_REMOVE_A_FUNCTION_FROM_ANOTHER_EXECUTOR)
        self._records.functions.remove(function)
