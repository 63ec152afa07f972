"""Interceptors around the run of a process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, TypeAlias

from colonyos_gen._call.intercepting import intercepted
from colonyos_gen.interceptors import Proceed, ProcessRun
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.invoking import Raised

AroundRun: TypeAlias = Callable[[ProcessRun, Proceed], Awaitable[Any]]


async def run_intercepted(
    around: Sequence[AroundRun], run: ProcessRun, work: Proceed, cancellation: Cancellation
) -> Any:
    """What `work` comes to with `around` around it; a `Raised` if they raise, whatever that is."""
    inside = stopped = False
    failures: list[BaseException] = []
    """What the function raised, as the interceptors get it."""
    raised: Raised | None = None
    trace: Any = None
    task = asyncio.current_task()

    async def last() -> Any:
        nonlocal inside, raised, trace
        inside = True
        try:
            result = await work()
        except Exception as error:  # of preparing the call, such as arguments that do not fit
            result = Raised(error)
        finally:
            inside = False
        if not isinstance(result, Raised):
            return result
        raised, trace, failure = result, result.error.__traceback__, result.error
        if not isinstance(failure, Exception | asyncio.CancelledError):
            # SystemExit and the like would end the event loop if an interceptor went on in a task of its own.
            failure = RuntimeError(f"the function ended with {failure!r}")
            failure.__cause__ = result.error
        failures.append(failure)
        raise failure

    def stop() -> None:
        nonlocal stopped
        if task is not None and not inside and not task.done():
            stopped = True
            task.cancel()

    cancellation.then(stop)
    try:
        return await intercepted(around, run, last)
    except BaseException as error:  # nothing that an interceptor raises may end the worker
        if raised is not None and any(error is failure for failure in failures):
            raised.error.with_traceback(trace)  # without the frames of the interceptors
            return raised
        if (
            isinstance(error, asyncio.CancelledError)
            and not stopped
            and task is not None
            and task.cancelling()
        ):
            raise  # the worker ends, or they have cancelled the task themselves
        error.__traceback__ = _of_the_last(around, error.__traceback__)
        return Raised(error)


def _of_the_last(around: Sequence[AroundRun], trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback from the interceptor on that raised: those before it have only passed the error on."""
    codes = {getattr(getattr(each, "__func__", None), "__code__", None) for each in around}
    last, frame = trace, trace
    while frame is not None:
        if frame.tb_frame.f_code in codes:
            last = frame
        frame = frame.tb_next
    return last
