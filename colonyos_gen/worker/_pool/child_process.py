"""One process of a pool, as its worker sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Self

import msgspec
from colonyos_gen_wire import FunctionSpec

from colonyos_gen._call.network.forks import without_forks
from colonyos_gen._conventions.slots import Slot, own_slot
from colonyos_gen.worker._pool.frames import Message, for_child, read_from_child
from colonyos_gen.worker._pool.guardian import Guardian
from colonyos_gen.worker._pool.places import STARTED_ANEW, Place
from colonyos_gen.worker._pool.program import preparation
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.invoking import Raised
from colonyos_gen.worker._telling.failure_text import FailedElsewhere

UNWIND_S = 1.0
"""Seconds that a function which asks for the context gets to end by itself when it is cancelled, before it is killed."""
_CODE = (
    "import sys; sys.path[:] = {path!r}; from colonyos_gen.worker._pool.child import main; main({descriptor})"
)
_LIMIT = 1 << 20
"""Bytes that lie in the pipe unread before a child waits."""


class PoolError(Exception):
    """A process of the pool cannot be started; the message says why."""


class ProgramError(PoolError):
    """The program has no main guard, and goes on behind the start of its worker; or it is in no file."""


class ProcessDied(RuntimeError):
    """A process of a pool has ended while a function ran in it: it crashed, or was killed. What `retry_on` may name."""


class ChildProcess:
    """A process that runs one function at a time. Made by `start`; all of it is used on the event loop."""

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        guardian: Guardian,
    ) -> None:
        self.no_guard: bool = False
        """Whether the program has no main guard."""
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """Its return code, once it has ended."""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the pipe to it is closed, a moment after its end."""
        self.unguarded: ProgramError | None = None
        """Why no other one should be started."""
        self._popen = popen
        self._reader = reader
        self._writer = writer
        self._guardian = guardian
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._is_reaped = False
        self._number = 0
        self._killed = False
        self._asks: set[asyncio.Task[None]] = set()
        guardian.watch(popen.pid)
        threading.Thread(target=self._wait, name="colonyos_gen.worker.child", daemon=True).start()

    @classmethod
    async def start(
        cls, guardian: Guardian, places: list[Place], on_start: list[Place], on_stop: list[Place]
    ) -> Self:
        """Start a process, and let it import the program and call what is to be called at the start.

        Raises:
            PoolError: It could not do that.
        """
        ours, theirs = socket.socketpair()
        code = _CODE.format(path=sys.path, descriptor=theirs.fileno())
        executable = os.fsdecode(spawn.get_executable() or sys.executable)
        try:
            popen = subprocess.Popen(
                [executable, *subprocess._args_from_interpreter_flags(), "-c", code],  # type: ignore[attr-defined] # pyright: ignore
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that it and its children can be killed together
            )
        except OSError as error:
            ours.close()
            raise PoolError(f"a process cannot be started: {error}") from error
        finally:
            theirs.close()
        without_forks.add(ours)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_LIMIT)
        child = cls(popen, reader, writer, guardian)
        try:
            child._send(("begin", preparation(), places, on_start, on_stop))
            child.no_guard = await child._begun()
        except BaseException:
            child.kill()
            await child.close()
            raise
        return child

    @property
    def pid(self) -> int:
        """Its id."""
        return self._popen.pid

    @property
    def is_usable(self) -> bool:
        """Whether it can be given something to do."""
        return not self._killed and not self.exited.done()

    async def call(
        self,
        place: Place,
        context: Context,
        subject: tuple[Any, ...],
        cancellation: Cancellation,
        patient: bool,
    ) -> Any:
        """What a function returns, as plain values; a `Raised` if it raises, or the process ends.

        When `cancellation` is set, the process is killed, with the processes that it has started: at once, or if
        `patient` a second later. So it is when the wait is given up.
        """
        self._number += 1
        number, over = self._number, False
        slot = own_slot.get()

        def cancel() -> None:
            if over or not self.is_usable:
                return
            if patient:
                self._send(("cancel", number, cancellation.reason))
                self._loop.call_later(UNWIND_S, kill_if_running)
            else:
                self.kill()

        def kill_if_running() -> None:
            if not over:
                self.kill()

        try:
            frame = for_child(("call", number, place, context.process, subject))
        except Exception as error:  # such as arguments that go too deep
            return Raised(error)
        try:
            self._writer.write(frame)
            cancellation.then(cancel)
            while True:
                what, *rest = await self._next()
                if what == "log":
                    await context.log(rest[0])
                elif what == "progress":
                    await context.progress(*rest)
                elif what == "ask":
                    self._begin_answer(context, *rest)
                elif what == "waited" and isinstance(slot, Slot):
                    slot.slots.end_waiting(slot)
                else:
                    over = True
                    return _result(what, rest[1:])
        except ProgramError as error:
            over, self.unguarded = True, error
            return Raised(error)
        except PoolError as error:
            over = True
            return Raised(ProcessDied(f"the process that ran the function {error}"))
        except BaseException:
            over = True
            self.kill()
            raise
        finally:
            if isinstance(slot, Slot):
                slot.slots.forget(slot)

    async def last_words(self) -> None:
        """Read what it has said unasked, until it has ended. Always raises PoolError, which says why it did."""
        while True:
            await self._next()

    async def stop(self, seconds: float) -> None:
        """Let it call what is to be called at the end, and end; kill it if that takes longer than `seconds`."""
        if self.is_usable:
            self._send(("stop",))
            await asyncio.wait({self.exited}, timeout=seconds)
        self.kill()

    async def close(self) -> None:
        """Wait until it has ended after a `kill`, for a second at most, and close the pipe to it."""
        await asyncio.wait({self.exited}, timeout=1)
        self._end_reading()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def kill(self) -> None:
        """End it and its children on the spot."""
        self._killed = True
        for task in self._asks:
            task.cancel()
        with self._lock:
            if not self._is_reaped:
                kill_family(self._popen.pid)

    def _send(self, message: Message) -> None:
        frame = for_child(message)
        if not self._writer.is_closing():
            self._writer.write(frame)

    async def _next(self) -> Message:
        try:
            message = await read_from_child(self._reader)
        except (EOFError, OSError):  # it has ended, or closed its end of the pipe and is of no use any more
            asked = self._killed
            await asyncio.wait({self.exited}, timeout=0.5)
            self.kill()
            await asyncio.wait({self.exited})
            raise PoolError(how_it_ended(self.exited.result(), asked=asked)) from None
        if message[0] == "unguarded":
            self.kill()
            raise ProgramError(STARTED_ANEW)
        return message

    async def _begun(self) -> bool:
        """Wait until it is ready, and return whether the program lacks a main guard. Raises PoolError if it failed."""
        what, told = await self._next()
        if what == "failed":
            raise PoolError("\n".join(told))
        return bool(told)

    def _begin_answer(self, context: Context, number: int, what: str, arguments: tuple[Any, ...]) -> None:
        task = self._loop.create_task(self._answer(context, number, what, arguments))
        self._asks.add(task)
        task.add_done_callback(self._asks.discard)

    async def _answer(self, context: Context, number: int, what: str, arguments: tuple[Any, ...]) -> None:
        try:
            value, failure = await _done(context, what, arguments), None
        except Exception as error:  # is raised in the child
            value, failure = None, _sendable(error)
        self._send(("answer", number, value, failure))

    def _wait(self) -> None:
        """Wait for its end, in a thread; what it has left behind ends with it."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()
        with self._lock:
            with contextlib.suppress(OSError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            code = self._popen.wait()
            self._is_reaped = True
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._ended, code)

    def _ended(self, code: int) -> None:
        self._guardian.forget(self._popen.pid)
        self.exited.set_result(code)
        # What it has written last is read first; others that hold its end of the pipe do not matter.
        self._loop.call_later(0.1, self._end_reading)

    def _end_reading(self) -> None:
        if not self.closed.done():
            self._writer.close()
            self._reader.feed_eof()
            self.closed.set_result(None)


def kill_family(pid: int) -> None:
    """Kill a leader of a group, its group, and where the system tells of them its descendants in other groups."""
    family = _descendants(pid)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    for each in family:
        with contextlib.suppress(OSError):
            os.kill(each, signal.SIGKILL)


def how_it_ended(code: int, *, asked: bool) -> str:
    """The end of a process, in words that follow its name."""
    if asked:
        return "was killed by its worker"
    if code >= 0:
        return f"ended on its own: exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"ended on its own: killed by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"


def _descendants(pid: int) -> list[int]:
    found = list[int]()
    with contextlib.suppress(OSError, ValueError):
        for each in Path(f"/proc/{pid}/task").iterdir():
            for child in (each / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _result(what: str, rest: list[Any]) -> Any:
    if what == "returned":
        shape, output = rest
        return None if shape == "none" else tuple(output) if shape == "many" else output[0]
    if what == "raised":
        texts, worth_retrying = rest
        return Raised(FailedElsewhere(texts, worth_retrying=worth_retrying))
    return Raised(FailedElsewhere([rest[0]]))


async def _done(context: Context, what: str, arguments: tuple[Any, ...]) -> Any:
    match what, arguments:
        case "stream", (channel,):
            context.stream(channel)
        case "stream_send", (channel, data):
            await context.stream(channel).send(data)
        case "stream_close", (channel,):
            await context.stream(channel).close()
        case "wait", ():
            slot = own_slot.get()
            return (slot.slots.begin_waiting(slot), slot.size) if isinstance(slot, Slot) else (False, 0)
        case "add_child", (spec, insert):
            return await context.add_child(msgspec.json.decode(spec, type=FunctionSpec), insert=insert)
        case _:
            await context.set_attribute(*arguments)
    return None


def _sendable(error: Exception) -> Exception:
    try:
        return pickle.loads(pickle.dumps(error))  # type: ignore[no-any-return]
    except Exception:  # whatever making it anew raises
        return RuntimeError(f"{type(error).__name__}: {error}")
