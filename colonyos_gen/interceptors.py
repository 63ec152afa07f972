"""Around calls and around the runs of processes: where time is taken, traces are made and headers are added.

    class Timing(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            started = time.perf_counter()
            try:
                return await proceed()
            finally:
                print(call.method.name, call.tries, time.perf_counter() - started)

    client = AsyncClient.from_env(interceptors=[Timing()])

The first of several is the outermost: it begins first and ends last. Each goes on with `await proceed()`, once, which gives
the reply or raises the error; what it returns or raises itself is what the one before it gets, and in the end the caller.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from colonyos_gen_wire import Process
from colonyos_gen_wire.method import Method, Via

from colonyos_gen.errors import RPCError

__all__ = ["Interceptor", "OutgoingCall", "Proceed", "ProcessRun"]

Proceed: TypeAlias = Callable[[], Awaitable[Any]]
"""Goes on, once: to the next interceptor, and after the last one to the call or the function itself."""


class OutgoingCall:
    """A call that is about to be made: checked and signed, so that only `headers` can be changed, until `proceed`."""

    __slots__ = ("deadline", "failures", "headers", "method", "request", "signer", "tries")

    def __init__(
        self, method: Method[Any, Any], request: msgspec.Struct, signer: str, deadline: float
    ) -> None:
        self.method: Method[Any, Any] = method
        """The message: its `name`, its `roles`, whether it `waits`."""
        self.request: msgspec.Struct = request
        """What is asked for. Changing it changes nothing: it has been signed."""
        self.signer: str = signer
        """Identity that signed it; empty when none did."""
        self.headers: dict[str, str] = {}
        """HTTP headers to send beside those of the client. Later interceptors see what earlier ones have put there."""
        self.deadline: float = deadline
        """When its time is over, a time of `time.monotonic`."""
        self.tries: int = 0
        """How often it has been tried so far: 0 before it is sent, and more than 1 after a repetition."""
        self.failures: list[RPCError] = []
        """Why it was tried again, an error for each try but the last."""

    @property
    def time_left(self) -> float:
        """Seconds until its time is over."""
        return self.deadline - time.monotonic()

    @property
    def is_subscription(self) -> bool:
        """Whether it opens a subscription. It is over when that was sent, without a reply; what arrives later is not seen."""
        return self.method.transport is Via.WEBSOCKET


class ProcessRun:
    """A process that a worker is about to run."""

    __slots__ = ("attempt", "executorname", "process")

    def __init__(self, process: Process, executorname: str) -> None:
        self.process: Process = process
        """The process, as it was assigned; `process.spec` says which function it asks for."""
        self.attempt: int = process.retries + 1
        """Which attempt at the process it is, from 1 on."""
        self.executorname: str = executorname
        """Name of the worker."""

    @property
    def funcname(self) -> str:
        """Name of the function that the process asks for."""
        return self.process.spec.funcname


class Interceptor:
    """Comes around calls, around runs of processes, or around both: what is not overridden passes on.

    A client uses `around_call`. A worker uses `around_call` for its own calls, and `around_run` for its processes. One
    interceptor may serve several of them, and many calls at once.
    """

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        """Comes around a call as a whole: waiting for its turn, all its tries and the pauses between them.

        What is refused before it is sent, such as for a missing key, never gets here. Long polls are calls like others, and
        so are the reads that waiting consists of. Opening a subscription is one, too, and so is each opening after a
        connection broke; headers reach the server only where a new connection is made for it. The time of the call goes on
        meanwhile.

        It runs on the event loop of the client, also that of a `Client`, with the context variables of the caller; for
        reads of those that wait, with those of whoever began to wait.

        Args:
            call: The call; its headers may be changed until `proceed`.
            proceed: Makes it. Returns the decoded reply, or None for a subscription.

        Returns:
            What the caller is to get, as a rule what `proceed` returned. For calls of a worker it does not count.

        Raises (from `proceed`):
            RPCError: The call failed; `call.tries` and `call.failures` tell how often.
            InvalidRequestError: A header cannot be sent, or `headers` is no dict. Nothing was sent.
            RuntimeError: It was called before. Nothing is sent twice.

        What it raises itself, the caller gets as it is: before `proceed` nothing was sent; after it the request may have been
        carried out, and its result is lost. KeyboardInterrupt and SystemExit reach the caller of a `Client`, too, which goes
        on working. What takes longer than the call may is cancelled a tenth of a second after its deadline; the caller gets
        RPCTimeoutError, whose `sent` tells whether the request may have been sent. Cancelling the call raises
        `asyncio.CancelledError` in here, as everywhere.

        Not so for calls of a worker, which owes them to others: what comes of them is what the server says, whatever is
        raised or cancelled in here, and the log of the worker gets a line. One that was not gone on with when this ended, or
        after half of its time, or whose headers cannot be sent, is made past all interceptors. Call, reply and error are
        copies: changing them, or returning something else, changes nothing. The worker goes on as soon as it has the reply;
        what is left to do in here runs beside it for a second at most, and is cancelled then; what does not end nobody waits
        for when the worker ends. KeyboardInterrupt and SystemExit stop the worker as a first signal does: it tells the ends
        of its processes, and then raises them.
        """
        del call
        return await proceed()

    async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
        """Comes around one attempt at a process: binding of arguments, and the function, wherever that runs.

        It runs on the event loop of the worker. Context variables that it sets are seen by functions in threads and tasks.
        Sending the log, and closing or failing the process, come after it, and are calls of the worker.

        Args:
            run: The process.
            proceed: Runs it. Returns what the function returned.

        Returns:
            What is to become the output of the process, as a rule what `proceed` returned.

        Raises (from `proceed`):
            BaseException: What the function raised, whatever that is: `asyncio.CancelledError` if it was cancelled,
                `BindingError` if the arguments do not fit.
            RuntimeError: It was called before.

        What it raises itself fails the process, with a reason, and nothing else; after `proceed` the result is lost. When the
        process is cancelled or its time is over while the interceptor waits for something of its own, that wait is cancelled.
        """
        del run
        return await proceed()
