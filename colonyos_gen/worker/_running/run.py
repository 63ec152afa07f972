"""One process, from its assignment to its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from colonyos_gen_wire import Process

from colonyos_gen._client.client import AsyncClient
from colonyos_gen._conventions.slots import Slot, Slots, own_slot
from colonyos_gen._secrets import Secrets
from colonyos_gen.errors import RPCError
from colonyos_gen.worker._life.log_lines import current
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.catalogue import Catalogue
from colonyos_gen.worker._running.context import Context, Outgoing
from colonyos_gen.worker._running.hung import Hung
from colonyos_gen.worker._running.invoking import Raised
from colonyos_gen.worker._running.watching import Watch
from colonyos_gen.worker._taking.availability import Availability
from colonyos_gen.worker._taking.ledger import Ledger
from colonyos_gen.worker._telling.attempt import Attempt
from colonyos_gen.worker._telling.closing import Closer, Failure, Nothing, Outcome, Success
from colonyos_gen.worker._telling.failure_text import error_texts
from colonyos_gen.worker._telling.outputs import OutputError, as_output

UNWIND_S = 1.0
"""Seconds that a function gets to end by itself when it is cancelled, before its process is failed."""
FLUSH_S = 30.0
"""Seconds for which the end of a process waits for its log."""
CANCELLED_FROM_INSIDE = "CancelledError: the task that ran the process was cancelled from inside"
"""Error of a process whose function or interceptors have cancelled the task that they run in."""

T = TypeVar("T")
_logger = logging.getLogger("colonyos_gen.worker")


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the runs of a worker have in common."""

    client: AsyncClient
    availability: Availability
    catalogue: Catalogue
    watch: Watch
    """What tells that the server has ended a process or given it away."""
    closer: Closer
    secrets: Secrets
    """What must not get into errors."""
    name: str
    """Name of the executor."""
    hung: Hung
    """Where functions are waited for that do not end with their process."""
    ledger: Ledger
    """Where it is written down what is run."""
    slots: Slots
    """What each of them takes one of."""


class Run:
    """One attempt at one process. Make it on the event loop, and run it once.

    Args:
        process: The process, as assigned.
        found: Whether the attempt began earlier, and was found later.
    """

    def __init__(self, equipment: Equipment, process: Process, *, found: bool = False) -> None:
        self.process: Process = process
        """The process, as it was assigned."""
        self.told: asyncio.Event = asyncio.Event()
        """Set once the server knows how the attempt ended, or need not know. The function may go on even so."""
        self.rescued: bool = False
        """Whether `rescue` was called."""
        self.work: asyncio.Task[Any] | None = None
        """What runs the function, once it does."""
        self.told_at: float = 0.0
        """When that was, as `time.monotonic` has it; 0 before."""
        self._catalogue = equipment.catalogue
        self._watch = equipment.watch
        self._closer = equipment.closer
        self._secrets = equipment.secrets
        self._name = equipment.name
        self._hung = equipment.hung
        self._ledger = equipment.ledger
        self._place = self._ledger.note(process)
        self._slot = Slot(equipment.slots, process)
        self._attempt = Attempt.of(process, found=found)
        self._cancellation = Cancellation()
        self._outgoing = Outgoing(equipment.client, equipment.availability, process, equipment.secrets)
        self._context = Context(
            equipment.client, equipment.availability, process, self._cancellation, self._outgoing
        )
        self._started_at = time.monotonic()
        self._verdict: asyncio.Future[Failure | Nothing] = asyncio.get_running_loop().create_future()

    def lose(self, reason: str) -> None:
        """Stop the function: the server does not want its result."""
        self._decide(Nothing(reason))

    def give_up(self, reason: str) -> None:
        """Stop the function, and fail its process."""
        self._decide(Failure([reason]))

    async def run(self) -> None:
        """Run the function, and tell the server: all that happens to a process between its assignment and its end.

        Returns when the function has ended, which may be later than the end of its process. Whatever is raised on the way, be
        it by a mistake of ours, fails this process and goes no further.
        """
        try:
            await self._run()
        except (
            asyncio.CancelledError
        ):  # the worker ends, or a function cancelled what is not its own: see `rescue`
            raise
        except BaseException as error:
            _logger.exception("%s: process %s went wrong", self._name, self.process.processid)
            if not self.told.is_set():
                self._log(await self._closer.fail(self._attempt, error_texts(error, self._secrets)))
                self._note_told()

    async def rescue(self, error: BaseException | None) -> None:
        """End the process of a run that ended before the server knew of it: by an error, or because it was cancelled.

        The run may have been about to tell the server, so that is asked first.
        """
        self.rescued = True
        verdict = self._verdict.result() if self._verdict.done() else None
        if isinstance(verdict, Nothing):
            self._log(verdict)
        else:
            wrong = f"the worker went wrong: {type(error).__name__}"
            errors = (
                [CANCELLED_FROM_INSIDE if error is None else wrong] if verdict is None else verdict.errors
            )
            self._log(await self._closer.fail(self._attempt, errors, look_first=True))
        self._note_told()

    async def _run(self) -> None:
        work = self.work = asyncio.get_running_loop().create_task(self._call())
        try:
            with self._watch.over(self._attempt, self.lose, lambda: self._outgoing.is_streaming):
                outcome = await self._await_outcome(work)
                if isinstance(outcome, Failure) and self._outgoing.has_streams:
                    outcome = await self._unless_over(outcome, work)
                # What is decided from now on is either that the server has taken the process back, or that time is up.
                self._verdict = asyncio.get_running_loop().create_future()
                prepared = outcome if isinstance(outcome, Nothing) else await self._prepare(outcome)
            await self._tell(outcome, prepared)
            self._note_told()
            if not work.done():
                await self._hung.wait(work, self.process)
        finally:
            self._cancellation.set("the worker ends")
            self._outgoing.abandon("the process has ended")
            work.cancel()

    def _note_told(self) -> None:
        self._ledger.strike(self._place)
        self._place = None
        self.told_at = time.monotonic()
        self.told.set()

    async def _await_outcome(self, work: asyncio.Task[Any]) -> Outcome:
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(seconds, act) for seconds, act in self._limits()]
        try:
            await asyncio.wait({work, self._verdict}, return_when=asyncio.FIRST_COMPLETED)
            if self._verdict.done():
                self._stop()
                await asyncio.wait({work}, timeout=UNWIND_S)
            return self._outcome(work)
        finally:
            for timer in timers:
                timer.cancel()

    async def _unless_over(self, failure: Failure, work: asyncio.Task[Any]) -> Outcome:
        """The failure, unless its cause is that the process has been ended: then a stream is the first to learn of it."""
        raised = work.result() if work.done() and not work.cancelled() else None
        if not (isinstance(raised, Raised) and isinstance(raised.error, RPCError)):
            return failure
        try:
            reason = await self._watch.why_over_now(self._attempt)
        except RPCError:
            return failure
        if not reason:
            return failure
        self._decide(Nothing(reason))
        self._stop()
        return Nothing(reason)

    def _limits(self) -> list[tuple[float, Callable[[], None]]]:
        spec, limits = self.process.spec, list[tuple[float, Callable[[], None]]]()
        # The deadline in an assign reply may be that of an earlier attempt, so it is counted from here.
        if (seconds := spec.maxexectime) > 0:
            limits.append((seconds, lambda: self.lose(f"its maxexectime of {seconds} s has passed")))
        if (timeout := self._catalogue.timeout_of(self.process)) is not None:
            text = f"{spec.funcname} took longer than its timeout of {timeout:g} s"
            limits.append((timeout, lambda: self.give_up(text)))
        return limits

    async def _call(self) -> Any:
        current.set(self.process)  # for the lines that the function logs; this task is its own
        own_slot.set(self._slot)
        try:
            return await self._catalogue.call(self._context, self._cancellation)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # of preparing the call, such as arguments that do not fit
            return Raised(error)
        finally:
            self._slot.is_free = True

    def _decide(self, verdict: Failure | Nothing) -> None:
        if not self._verdict.done() and not self.told.is_set():
            self._verdict.set_result(verdict)

    def _stop(self) -> None:
        verdict = self._verdict.result()
        reason = verdict.reason if isinstance(verdict, Nothing) else "; ".join(verdict.errors)
        processid, funcname = self.process.processid, self.process.spec.funcname
        _logger.debug("%s: process %s (%s) is stopped: %s", self._name, processid, funcname, reason)
        if isinstance(verdict, Nothing):
            self._outgoing.end_streams(reason)  # a real server takes what is appended now, and never frees it
        self._outgoing.hurry(reason)
        self._cancellation.set(reason)

    def _outcome(self, work: asyncio.Task[Any]) -> Outcome:
        if self._verdict.done():
            return self._verdict.result()
        if work.cancelled():  # nobody else cancels it as long as it is waited for
            return Failure([CANCELLED_FROM_INSIDE])
        result = work.result()
        if isinstance(result, Raised):
            texts = error_texts(result.error, self._secrets)
            if isinstance(result.error, asyncio.CancelledError) and not str(result.error):
                texts[0] = CANCELLED_FROM_INSIDE
            return Failure(texts)
        try:
            return Success(as_output(result))
        except OutputError as error:
            return Failure([str(error)])
        except BaseException as error:  # whatever the value does when it is looked at
            return Failure(error_texts(error, self._secrets))

    async def _tell(self, outcome: Outcome, prepared: Outcome) -> None:
        if isinstance(prepared, Nothing):
            self._outgoing.abandon(prepared.reason, expected=prepared.is_cancelled)
            self._log(prepared, outcome)
            return
        if isinstance(prepared, Success):
            ending = self._closer.close(self._attempt, prepared.output)
        else:
            ending = self._closer.fail(self._attempt, prepared.errors)
        self._log(await self._told(ending), prepared)

    async def _told(self, ending: Coroutine[Any, Any, Outcome]) -> Outcome:
        """What telling the server comes to. That the worker is to end does not keep it from that; `Service` waits for it."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(ending)
        try:
            while True:
                self._verdict = loop.create_future()
                either: set[asyncio.Future[Any]] = {task, self._verdict}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    return task.result()
                if isinstance(verdict := self._verdict.result(), Nothing):
                    return verdict
        finally:
            task.cancel()

    def _log(self, told: Outcome, function: Outcome | None = None) -> None:
        """One line for each process, and the traceback where it has failed.

        Args:
            told: What it came to.
            function: What its function came to, if it is not that.
        """
        seconds = time.monotonic() - self._started_at
        processid, funcname = self.process.processid, self.process.spec.funcname
        about: dict[str, object] = {
            "processid": processid,
            "function": funcname,
            "seconds": round(seconds, 3),
        }
        level, text = logging.WARNING, ""
        if isinstance(told, Success):
            about["outcome"], level, how = "success", logging.INFO, "succeeded"
        elif isinstance(told, Failure):
            about["outcome"], how, text = "failure", "failed", "\n".join(told.errors)
        elif told.is_cancelled:
            about["outcome"], level, how = "cancelled", logging.INFO, "was cancelled"
        else:
            about["outcome"], how, text = "lost", "came to nothing", told.reason
            if isinstance(function, Failure):
                text += f"; it had failed: {function.errors[0]}"
        form = "%s: process %s (%s) %s after %.2f s" + (": %s" if text else "")
        shown = (self._name, processid, funcname, how, seconds, *([text] if text else []))
        _logger.log(level, form, *shown, extra=about)

    async def _prepare(self, outcome: Success | Failure) -> Outcome:
        """Send what remains of log and streams; without them if time is up. The outcome may become another one by that."""
        failure: list[Failure] = []

        async def prepare() -> None:
            try:
                await self._outgoing.flush(FLUSH_S)
            except (RPCError, ValueError) as error:
                failure.append(Failure(error_texts(error, self._secrets)))
            try:
                await self._outgoing.delivered()
            except RPCError as error:
                processid = self.process.processid
                _logger.info("%s: readers of process %s may miss the end: %s", self._name, processid, error)

        if self._outgoing.has_unsent:
            await self._unless_decided(prepare())
        else:
            self._outgoing.end_streams("the function has returned")  # of which there are none so far
        if self._verdict.done() and isinstance(verdict := self._verdict.result(), Nothing):
            return verdict
        return failure[0] if failure and isinstance(outcome, Success) else outcome

    async def _unless_decided(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` comes to; None if it was overtaken by a verdict."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._verdict}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
        return task.result() if task.done() and not task.cancelled() else None
