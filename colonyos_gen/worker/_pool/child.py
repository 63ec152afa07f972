"""A process of a pool: it imports the program, and calls functions until its worker ends."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from colonyos_gen_wire import Process

from colonyos_gen._conventions.slots import own_slot
from colonyos_gen.worker._life.forks import handlers, ignore
from colonyos_gen.worker._life.log_lines import current
from colonyos_gen.worker._pool.child_context import ChildContext, ChildSlot, Line
from colonyos_gen.worker._pool.frames import Message, for_worker, read_from_worker
from colonyos_gen.worker._pool.places import MainReached, Place, found
from colonyos_gen.worker._pool.program import import_program
from colonyos_gen.worker._running.binding import name_of
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._telling.failure_text import error_texts
from colonyos_gen.worker._telling.outputs import OutputError, as_output


def main(descriptor: int) -> None:
    """Work for the worker at the other end of a socket, and end with it."""
    # The signals of a terminal, systemd or Slurm go to all processes of a group: when this one ends is up to its worker.
    for number in (signal.SIGINT, signal.SIGTERM):
        handlers.set(number, ignore)
    Child(socket.socket(fileno=descriptor)).run()


class Child:
    """What a process of a pool does. Functions run in the main thread; another one listens to the worker."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        self._pid = os.getpid()
        self._sending = threading.Lock()
        self._tasks: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancellation = Cancellation()
        self._numbers = itertools.count(1)
        self._line = Line(self._send, self._numbers)
        self._on_stop: list[Callable[[], Any]] = []
        self._offers: dict[Place, Offer] = {}
        os.register_at_fork(after_in_child=self._after_fork)

    def run(self) -> None:
        """Work until the worker says that it is enough."""
        threading.Thread(target=self._listen, name="colonyos_gen.worker", daemon=True).start()
        while True:
            what, *rest = self._tasks.get()
            if what == "begin":
                self._begin(*rest)
            elif what == "call":
                self._send(self._called(*rest))
            elif what == "stop":
                for call in self._on_stop:
                    self._caught(call)
                self._send(("stopped",))
                os._exit(0)

    # In the main thread

    def _begin(
        self, preparation: dict[str, Any], places: list[Place], on_start: list[Place], on_stop: list[Place]
    ) -> None:
        found.is_child, found.leave, found.importer = True, self._leave, __name__
        try:
            no_guard = self._import_program(preparation)
            missing = list[str]()
            for place in places:
                try:
                    self._offers[place] = _offer_at(place)
                except LookupError as error:
                    missing.append(f"{place.key}: {error.args[0]}")
            self._on_stop = [_call_at(each) for each in on_stop]
            hooks = [_call_at(each) for each in on_start]
        except BaseException as error:  # whatever importing the program raises, SystemExit included
            self._send(("failed", ["the program cannot be imported in a new process", *error_texts(error)]))
            return
        if missing:
            self._send(("failed", missing))
            return
        for call in hooks:
            if (texts := self._caught(call)) is not None:
                self._send(("failed", [f"{name_of(call)} (on_start) failed: {texts[0]}", *texts[1:]]))
                return
        self._send(("ready", no_guard))

    def _called(self, number: int, place: Place, process: Process, subject: tuple[Any, ...]) -> Message:
        """What a call comes to: an output in plain values, or texts."""
        line = self._line = Line(self._send, self._numbers)
        try:
            with found.calling():
                return self._outcome(number, place, process, subject, line)
        finally:
            _flush()
            line.end()

    def _outcome(
        self, number: int, place: Place, process: Process, subject: tuple[Any, ...], line: Line
    ) -> Message:
        offer = self._offers[place]
        current.set(process)  # for the lines that the function logs
        own_slot.set(ChildSlot(process, line))
        try:
            context = ChildContext(process, self._cancellation, line)
            bound = offer.binder.bound(context, subject)
            result = offer.call(*bound.args, **bound.kwargs)
            if inspect.isawaitable(result):
                result = asyncio.run(_awaited(result))
        except BaseException as error:  # SystemExit and the like end the function, not the process
            return ("raised", number, error_texts(error), offer.retries.worth(error))
        finally:
            self._unless_forked()
        try:
            output = as_output(result)
            message = ("returned", number, _shape(result), output)
            for_worker(message)
        except OutputError as error:
            return ("unfit", number, str(error))
        except BaseException as error:  # of the methods of what it returned
            return ("raised", number, error_texts(error), False)
        return message

    def _caught(self, call: Callable[[], Any]) -> list[str] | None:
        try:
            with found.calling():
                result = call()
                if inspect.isawaitable(result):
                    asyncio.run(_awaited(result))
        except BaseException as error:  # as above
            return error_texts(error)
        finally:
            self._unless_forked()
            _flush()
        return None

    def _import_program(self, preparation: dict[str, Any]) -> bool:
        """Import what the worker runs as `__main__`; whether it would have started a second worker.

        Raises what that raises, SystemExit included.
        """
        try:
            import_program(preparation)
        except MainReached:
            return True
        except BaseException:
            if not found.was_reached:
                raise
        finally:
            if found.was_reached:
                sys.settrace(None)
        if found.was_reached:  # and went on: something has caught the exception that was to end it
            self._leave()
        return False

    def _leave(self) -> NoReturn:
        """End this process, from whatever thread or fork: the program would do all again that it does."""
        is_mine = self._sending.acquire(timeout=1)  # forks may find it locked for ever
        with contextlib.suppress(OSError):
            self._pipe.sendall(for_worker(("unguarded",)))
        if is_mine:
            self._sending.release()
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        os._exit(1)

    def _send(self, message: Message) -> None:
        frame = for_worker(message)
        with self._sending:
            self._pipe.sendall(frame)

    # In the thread that listens

    def _listen(self) -> None:
        try:
            while True:
                message = read_from_worker(self._pipe)
                if message[0] == "cancel":
                    if message[1] == self._number:
                        self._cancellation.set(message[2])
                elif message[0] == "answer":
                    self._line.answered(*message[1:])
                else:
                    if message[0] == "call":
                        self._number, self._cancellation = message[1], Cancellation()
                    self._tasks.put(message)
        except (EOFError, OSError):  # the worker has ended, however that happened
            with contextlib.suppress(OSError):
                os.killpg(self._pid, signal.SIGKILL)
            os._exit(1)

    _number = 0
    """The call that is under way."""

    # In processes that functions make

    def _after_fork(self) -> None:
        if found.is_importing:  # for `_leave`
            return
        with contextlib.suppress(OSError):
            os.close(self._pipe.detach())

    def _unless_forked(self) -> None:
        if os.getpid() != self._pid:  # a function has made a fork, and returned in it too
            os._exit(0)


async def _awaited(work: Any) -> Any:
    return await work


def _flush() -> None:
    """Let out what was printed: into a pipe or a file that is kept back, and this process may be killed at any time."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(
            BaseException
        ):  # whatever the program has put there raises, and None cannot be flushed
            stream.flush()


def _shape(result: Any) -> str:
    if result is None:
        return "none"
    return "many" if type(result) is tuple else "one"


def _offer_at(place: Place) -> Offer:
    offered = found.find(place)
    return offered if isinstance(offered, Offer) else Offer(offered, place.key)


def _call_at(place: Place) -> Callable[[], Any]:
    call: Callable[[], Any] = found.find(place)
    return call
