"""The calls of a worker, with interceptors around them that no call may hang on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from colonyos_gen._call.intercepting import around_calls, intercepted, require_headers
from colonyos_gen.interceptors import Interceptor, OutgoingCall, Proceed
from colonyos_gen.worker._telling.failure_text import error_texts

UNWIND_S = 1.0
"""Seconds that interceptors get to end by themselves, at least after a call, and at most after they were cancelled."""

_logger = logging.getLogger("colonyos_gen.worker")


class OwnCalls(Interceptor):
    """Comes around the calls of a worker, with all other interceptors inside of it.

    A worker owes its calls to others: a process that it holds must get to its end. So what becomes of a call is what the
    server says. Interceptors run in a task of their own beside it, and so can neither drop it nor keep its reply:

    - If they have ended without going on, or gave headers that cannot be sent, or half of the time is over, it is made past
      them, without headers of theirs.
    - If they raise, or cancel their task or the call, its reply counts all the same. The log gets a line.
    - KeyboardInterrupt and SystemExit besides stop the worker as a first signal does, which ends with it.

    Args:
        interceptors: The others, the outermost first.
        name: Name of the worker in the log.
        stop: Stops the worker, with a reason.
    """

    def __init__(self, interceptors: Sequence[Interceptor], name: str, stop: Callable[[str], object]) -> None:
        self.name: str = name
        self._around = around_calls(interceptors)
        self._stop = stop
        self._exit: KeyboardInterrupt | SystemExit | None = None

    @property
    def for_client(self) -> list[Interceptor]:
        """What the client of the worker gets: itself, or nothing where no other would see a call."""
        return [self] if self._around else []

    def raise_exit(self) -> None:
        """Raise what an interceptor has stopped the worker by, if one has."""
        if self._exit is not None:
            raise self._exit

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        loop = asyncio.get_running_loop()
        begun: asyncio.Future[None] = loop.create_future()
        making: asyncio.Task[_Outcome] | None = None
        is_late = False

        def make() -> asyncio.Task[_Outcome]:
            begun.set_result(None)
            return loop.create_task(_outcome_of(proceed))

        async def go_on() -> Any:
            nonlocal making
            if making is not None:
                raise RuntimeError("it is too late to go on: the call was made without its interceptors")
            require_headers(call.method.name, call.headers)
            making = make()
            return (await asyncio.shield(making)).get()

        looking_on = loop.create_task(_outcome_of_any(lambda: intercepted(self._around, call, go_on)))
        try:
            either: set[asyncio.Future[Any]] = {looking_on, begun}
            await asyncio.wait(either, timeout=call.time_left / 2, return_when=asyncio.FIRST_COMPLETED)
            gone_past = making is None
            if making is None:
                is_late = not looking_on.done()
                looking_on.cancel()
                call.headers = {}
                making = make()
            outcome = await making
            if not is_late:
                await asyncio.wait({looking_on}, timeout=max(UNWIND_S, call.time_left / 2))
                is_late = not looking_on.done()
        finally:
            await _end(looking_on, making)
        if is_late:
            seen = _Outcome(error=TimeoutError("it took too long"))
        elif looking_on.cancelled():
            seen = _Outcome(error=asyncio.CancelledError("it cancelled its own task"))
        else:
            seen = looking_on.result()
        self._note(call, seen.error, outcome, gone_past)
        return self._reply(call, seen, outcome)

    def _reply(self, call: OutgoingCall, seen: _Outcome, outcome: _Outcome) -> Any:
        reply = outcome.get()
        if reply is None or seen.error is not None:
            return reply
        if isinstance(seen.value, type(reply)):
            return seen.value
        _logger.warning(
            "%s: an interceptor returned %s for %s; the reply of the server is taken instead",
            self.name, type(seen.value).__name__, call.method.name,
        )  # fmt: skip
        return reply

    def _note(
        self, call: OutgoingCall, raised: BaseException | None, outcome: _Outcome, gone_past: bool
    ) -> None:
        if raised is None and not gone_past:
            return
        if raised is not None and raised is outcome.error:
            return
        _logger.warning(
            "%s: an interceptor around %s %s; %s",
            self.name,
            call.method.name,
            "did not go on" if raised is None else f"raised {error_texts(raised)[0]}",
            "the call was made past it" if gone_past else "what the server said counts all the same",
        )
        if isinstance(raised, KeyboardInterrupt | SystemExit) and self._exit is None:
            self._exit = raised
            self._stop(f"an interceptor raised {type(raised).__name__}")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a coroutine returned or raised."""

    value: Any = None
    error: BaseException | None = None
    trace: TracebackType | None = None
    """The traceback of the error, without the frames of those that it is handed to."""

    def get(self) -> Any:
        if self.error is not None:
            raise self.error.with_traceback(self.trace)
        return self.value


async def _outcome_of(work: Proceed) -> _Outcome:
    try:
        return _Outcome(await work())
    except Exception as error:
        return _Outcome(error=error, trace=error.__traceback__)


async def _outcome_of_any(work: Proceed) -> _Outcome:
    try:
        return _Outcome(await work())
    except BaseException as error:  # SystemExit and the like would end the event loop from within a task
        return _Outcome(error=error, trace=error.__traceback__)


async def _end(*tasks: asyncio.Task[Any] | None) -> None:
    pending = {each for each in tasks if each is not None and not each.done()}
    for each in pending:
        each.cancel()
    if pending:
        await asyncio.wait(pending, timeout=UNWIND_S)
