"""Being an executor of a colony: registered, approved, and known for its functions."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
from colonyos_gen_wire import Executor
from colonyos_gen_wire import Function as WireFunction
from colonyos_gen_wire.constants import APPROVED, REJECTED
from colonyos_gen_wire.errors import shared

from colonyos_gen._client.client import AsyncClient
from colonyos_gen.errors import (
    STARTED_ANEW,
    AlreadyExistsError,
    DeniedError,
    NotFoundError,
    RPCError,
    start_again,
)
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.lives import Lives

Functions: TypeAlias = Callable[[str, str], Awaitable[Sequence[WireFunction]]]
"""Gives the functions of an executor, by its type and its colony."""

FIRST_LOOK_S = 0.25
LONGEST_LOOK_S = 5.0
"""Seconds between two looks whether the owner has approved the worker, at first and in the long run."""

_logger = logging.getLogger("colonyos_gen.worker")


class RegistrationError(Exception):
    """The worker cannot be an executor of its colony; the message says why, and what to do."""


class Registration:
    """Sees to it that the worker is registered, and stays so.

    Everything is compared before it is added. So it may be asked for at any time, after a lost reply too, and a restart
    leaves nothing twice.

    Args:
        client: Client with the worker's key, and the colony owner's where it was given.
        me: The executor to be.
        functions: Gives the functions of the worker.
        lives: Shows that the worker lives, and sees who else does with its key.
        may_add: Whether the client has the key of the colony owner.
    """

    def __init__(
        self,
        client: AsyncClient,
        availability: Availability,
        me: Executor,
        functions: Functions,
        lives: Lives,
        *,
        may_add: bool,
    ) -> None:
        self._client = client
        self._availability = availability
        self._me = me
        self._functions = functions
        self._lives = lives
        self._may_add = may_add
        self._asked = ""
        self._was_known = False
        self._lock = asyncio.Lock()

    async def ensure(self) -> None:
        """Return when the worker is an approved executor, with its functions and no others.

        Without the colony owner's key it waits for approval, for as long as it takes; the log tells the owner what to do.

        Raises:
            RegistrationError: The colony does not exist, the name is somebody else's, or the key is not the owner's.
            RPCError: The server refuses for another reason, or something else has always answered.
        """
        async with self._lock:
            me = self._me
            await self._wait_for_approval()
            functions = await self._functions(me.executortype, me.colonyname)
            try:
                await self._register(functions)
            except DeniedError:  # a server that was started anew just now knows nothing of the approval
                await self._wait_for_approval()
                await self._register(functions)

    async def _wait_for_approval(self) -> None:
        look = FIRST_LOOK_S
        while not await self._is_approved():
            await asyncio.sleep(look)
            look = min(look * 2, LONGEST_LOOK_S)
        self._asked, self._was_known = "", True

    async def _is_approved(self) -> bool:
        row = await self._row()
        if row is None:
            if not self._may_add:
                problem = "is not registered any more" if self._was_known else "is not registered"
                self._ask_owner(problem, self._add_command())
                return False
            return await self._add()
        if row.executortype != self._me.executortype:
            raise RegistrationError(
                f"{self._me.executorname} is registered in colony {self._me.colonyname} as executor of type "
                f"{row.executortype!r}, not {self._me.executortype!r}; give the worker another name or key"
            )
        if row.state is APPROVED:
            await self._lives.show_in(row)
            return True
        if not self._may_add or row.state is REJECTED:
            self._ask_owner(f"is {row.state.name.lower()}", self._approve_command())
            return False
        await self._approve()  # the next look tells what came of it
        return False

    async def _row(self) -> Executor | None:
        """The worker's row on the server; None if it has none yet.

        Members may ask for it by name. For others, executors that are not approved included, the server tells whether there
        is one of that name, and then the list tells whether it is this worker.
        """
        colonyname, name = self._me.colonyname, self._me.executorname
        row: Executor | None
        try:
            row = await self._availability.insist(lambda: self._client.get_executor(colonyname, name))
        except NotFoundError as error:
            self._require_colony(error)
            return None
        except DeniedError:
            row = await self._listed()
        if row is None or row.executorid != self._me.executorid:
            raise RegistrationError(
                f"the name {name} is taken in colony {colonyname}, by an executor with another key; give the worker "
                "another name, or the key that the executor was registered with"
            )
        return row

    async def _listed(self) -> Executor | None:
        try:
            rows = await self._availability.insist(lambda: self._client.get_executors(self._me.colonyname))
        except DeniedError:
            return None
        return next((row for row in rows if row.executorname == self._me.executorname), None)

    async def _add(self) -> bool:
        try:
            await self._client.add_executor(
                msgspec.structs.replace(self._me, capabilities=self._lives.begin())
            )
        except AlreadyExistsError:
            return False  # by an attempt whose reply was lost, or by somebody else: the next look tells
        except NotFoundError as error:
            self._require_colony(error)
            raise
        except DeniedError as error:
            raise self._not_the_owner(error) from error
        except RPCError as error:
            if not self._availability.may_pass(error):
                raise
            self._availability.lost(error)
            return False
        self._was_known = True
        _logger.info("%s: registered in colony %s", self._me.executorname, self._me.colonyname)
        return await self._approve()

    async def _approve(self) -> bool:
        """Approve it; False if the answer is lost. It is never sent again blindly: the owner may have thought otherwise."""
        try:
            await self._client.approve_executor(self._me.colonyname, self._me.executorname)
        except DeniedError as error:
            raise self._not_the_owner(error) from error
        except RPCError as error:
            if not self._availability.may_pass(error):
                raise
            self._availability.lost(error)
            return False
        self._availability.heard()
        return True

    async def _register(self, wanted: Sequence[WireFunction]) -> None:
        """Make the functions on the server the wanted ones: those that remain keep their statistics."""
        for _ in range(2 + len(wanted)):
            missing = list(wanted)
            try:
                found = await self._availability.insist(
                    lambda: self._client.get_functions_by_executor(self._me.colonyname, self._me.executorname)
                )
                for each in found:
                    same = next((one for one in missing if _is_same(one, each)), None)
                    if same is not None:
                        missing.remove(same)
                    else:
                        await self._client.remove_function(each.functionid)
                for each in missing:
                    await self._client.add_function(each)
            except RPCError as error:
                if isinstance(error, NotFoundError):
                    self._require_colony(error)
                elif not self._availability.may_pass(error):
                    raise
                self._availability.lost(error)  # whatever has arrived is seen at the next comparison
            else:
                return
        raise RegistrationError(f"the functions of {self._me.executorname} cannot be registered")

    def _not_the_owner(self, error: DeniedError) -> RegistrationError:
        if self._was_known:
            return self._started_anew(
                f"does not take the keys any more that it took before ({error.message})"
            )
        return RegistrationError(
            f"COLONIES_COLONY_PRVKEY (or colony_key=) is not the key of the owner of colony {self._me.colonyname!r} "
            f"({error.message}; signed by {error.signer[:8]}…); set that, or unset it: then the log says what the "
            f"owner has to do. If the server at {self._client.url} took it before, "
            f"{STARTED_ANEW}: {start_again('the worker')}"
        )

    def _require_colony(self, error: NotFoundError) -> None:
        if error.name == shared.UNKNOWN_COLONY.name:
            if self._was_known:
                raise self._started_anew(f"has no colony {self._me.colonyname!r} any more") from None
            raise no_such_colony(self._me.colonyname) from None

    def _started_anew(self, problem: str) -> RegistrationError:
        return RegistrationError(
            f"the server at {self._client.url} {problem}: {STARTED_ANEW}. "
            f"To go on, {start_again('the worker')}; with --db, `serve` keeps its keys"
        )

    def _ask_owner(self, problem: str, command: str) -> None:
        if self._asked == problem:
            return
        self._asked = problem
        if self._was_known:
            _logger.warning(
                "%s %s in colony %s at %s, which was started anew without what it knew, or has removed it, and waits. To go "
                "on, the owner of the colony runs this, with COLONIES_COLONY_PRVKEY set: %s",
                self._me.executorname,
                problem,
                self._me.colonyname,
                self._client.url,
                command,
            )
            return
        _logger.warning(
            "%s %s in colony %s, and waits. To go on, the owner of the colony runs this, with COLONIES_COLONY_PRVKEY set:\n"
            "    %s",
            self._me.executorname,
            problem,
            self._me.colonyname,
            command,
        )

    def _approve_command(self) -> str:
        return _command(f"client.approve_executor({_quoted(self._me.colonyname, self._me.executorname)})")

    def _add_command(self) -> str:
        me = self._me
        row = _quoted(me.executorname, me.executorid, me.executortype, me.colonyname)
        approve = f"client.approve_executor({_quoted(me.colonyname, me.executorname)})"
        return _command(f"client.add_executor(Executor.new({row})); {approve}")


def _quoted(*texts: str) -> str:
    """The texts as arguments in Python, in the quotes that need no others around them in a shell."""
    return ", ".join(json.dumps(text) for text in texts)


def no_such_colony(colonyname: str) -> RegistrationError:
    """What working for a colony that does not exist raises."""
    return RegistrationError(
        f"there is no colony {colonyname!r} on this server; set COLONIES_COLONY_NAME, or give colonyname=…"
    )


def _command(statements: str) -> str:
    program = f"from colonyos_gen import *; client = Client.from_env(); {statements}"
    return f"python -c {shlex.quote(program)}"


def _is_same(one: WireFunction, other: WireFunction) -> bool:
    return (one.funcname, one.description, one.args) == (other.funcname, other.description, other.args)
