"""The calls of a worker, with interceptors around them that no call may hang on."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from colonyos_gen._call.apart import Outcome, end_or_let_go, outcome_of
from colonyos_gen._call.intercepting import around_calls, intercepted, sendable_headers
from colonyos_gen.interceptors import Interceptor, OutgoingCall, Proceed
from colonyos_gen.worker._telling.failure_text import error_texts

T = TypeVar("T")

UNWIND_S = 1.0
"""Seconds that interceptors get to end by themselves after a call, and once more when the worker ends."""

_logger = logging.getLogger("colonyos_gen.worker")


class OwnCalls(Interceptor):
    """Comes around the calls of a worker, with all other interceptors inside of it.

    A worker owes its calls to others: a process that it holds must get to its end. So what becomes of a call is what the
    server says. Interceptors run in a task of their own beside it, with a call, a reply and an error of their own, and so
    can neither drop it nor keep, delay or change its reply:

    - If they have ended without going on, or gave headers that cannot be sent, or half of the time is over, it is made past
      them, without headers of theirs.
    - If they raise, or cancel their task or the call, its reply counts all the same. The log gets a line.
    - Once the reply is there, the worker goes on. They may take a second more, and are cancelled then.
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
        self._looking_on: set[asyncio.Task[Outcome[Any]]] = set()

    @property
    def for_client(self) -> list[Interceptor]:
        """What the client of the worker gets: itself, or nothing where no other would see a call."""
        return [self] if self._around else []

    async def end(self) -> None:
        """Wait a little for interceptors that have not ended, and let go of those that do not."""
        if self._looking_on:
            await asyncio.wait(self._looking_on, timeout=UNWIND_S)
        await end_or_let_go(set(self._looking_on), UNWIND_S, f"{self.name}: an interceptor around a call")

    def raise_exit(self) -> None:
        """Raise what an interceptor has stopped the worker by, if one has."""
        if self._exit is not None:
            raise self._exit

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        loop = asyncio.get_running_loop()
        name = call.method.name
        begun: asyncio.Future[None] = loop.create_future()
        making: asyncio.Task[Outcome[Any]] | None = None
        given_up = is_late = False
        passed_on: BaseException | None = None
        shown = OutgoingCall(call.method, _apart(call.request), call.signer, call.deadline)
        shown.failures = call.failures

        def make(headers: dict[str, str]) -> asyncio.Task[Outcome[Any]]:
            call.headers = headers
            begun.set_result(None)
            return loop.create_task(outcome_of(proceed))

        async def go_on() -> Any:
            nonlocal making, passed_on
            if making is not None or given_up:
                raise RuntimeError(
                    "it is too late to go on: the call was made without its interceptors, or given up"
                )
            making = make(sendable_headers(name, shown.headers))
            try:
                outcome = await asyncio.shield(making)
            finally:
                shown.tries = call.tries
            if outcome.error is None:
                return _apart(outcome.value)
            passed_on = _error_apart(outcome.error)
            raise passed_on

        looking_on = loop.create_task(outcome_of(lambda: intercepted(self._around, shown, go_on)))
        self._looking_on.add(looking_on)
        looking_on.add_done_callback(self._looking_on.discard)
        try:
            either: set[asyncio.Future[Any]] = {looking_on, begun}
            await asyncio.wait(either, timeout=call.time_left / 2, return_when=asyncio.FIRST_COMPLETED)
            gone_past = making is None
            if making is None:
                is_late = not looking_on.done()
                looking_on.cancel()
                making = make({})
            # The reply is handed on in the step in which it comes, so that no deadline can fall in between.
            outcome = await asyncio.shield(making)
        except BaseException:  # a cancellation, too, must leave nothing running
            given_up = True
            looking_on.cancel()
            if making is not None:
                await end_or_let_go({making}, UNWIND_S, f"{self.name}: {name}")
            raise

        def see_off(_: object = None) -> None:
            if timer is not None:
                timer.cancel()
            if is_late:
                return
            if looking_on.cancelled():
                raised: BaseException | None = asyncio.CancelledError("it cancelled its own task")
            else:
                raised = looking_on.result().error
            if raised is None or (raised is not passed_on and raised is not outcome.error):
                self._note(name, raised, gone_past)

        def hurry() -> None:
            nonlocal is_late
            is_late = True
            looking_on.cancel()
            self._note(name, TimeoutError("it took too long"), gone_past)

        timer: asyncio.TimerHandle | None = None
        if is_late:
            self._note(name, TimeoutError("it took too long"), gone_past)
        elif looking_on.done():
            see_off()
        else:
            timer = loop.call_later(UNWIND_S, hurry)
            looking_on.add_done_callback(see_off)
        return outcome.get()

    def _note(self, name: str, raised: BaseException | None, gone_past: bool) -> None:
        if raised is None and not gone_past:
            return
        _logger.warning(
            "%s: an interceptor around %s %s; %s",
            self.name,
            name,
            "did not go on" if raised is None else f"raised {error_texts(raised)[0]}",
            "the call was made past it" if gone_past else "what the server said counts all the same",
        )
        if isinstance(raised, KeyboardInterrupt | SystemExit) and self._exit is None:
            self._exit = raised
            self._stop(f"an interceptor raised {type(raised).__name__}")


def _apart(value: T) -> T:
    """The same once more, which others may change; itself if it is not to be had twice."""
    for again in (_pickled, copy.deepcopy):
        try:
            return again(value)
        except Exception:  # outputs may hold anything
            _logger.debug("%s cannot be copied", type(value).__name__, exc_info=True)
    return value


def _pickled(value: T) -> T:
    # Much faster than deepcopy, and goes deeper.
    again: T = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    return again


def _error_apart(error: BaseException) -> BaseException:
    try:
        again = copy.copy(error)
    except Exception:  # an error of somebody else's transport, which may be made otherwise
        return error
    if type(again) is not type(error):
        return error
    again.__cause__, again.__suppress_context__ = error.__cause__, error.__suppress_context__
    return again.with_traceback(error.__traceback__)
