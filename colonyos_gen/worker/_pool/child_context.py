"""The context of a function that runs in a process of a pool: what it does is done by the worker."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator
from types import TracebackType
from typing import Any, Self

import msgspec
from colonyos_gen_wire import FunctionSpec, Process
from colonyos_gen_wire.constants import ENV

from colonyos_gen._conventions.progress import format_progress
from colonyos_gen._tracebacks import short_tracebacks
from colonyos_gen.worker._pool.frames import Message
from colonyos_gen.worker._running.cancellation import Cancellation
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._telling.bridge import Ready
from colonyos_gen.worker._telling.failure_text import plain_text
from colonyos_gen.worker._telling.text_writer import TextWriter, bytes_of


class Line:
    """The way to the worker, for one call of a function.

    What threads that a function has left behind say later belongs to no process any more, and least of all to the next one.

    Args:
        send: Sends a message to the worker.
        numbers: What questions are numbered by, no two of this process alike.
    """

    def __init__(self, send: Callable[[Message], None], numbers: Iterator[int]) -> None:
        self._send = send
        self._numbers = numbers
        self._sending = threading.Lock()
        self._is_over = False
        self._lock = threading.Lock()
        self._answers: dict[int, queue.SimpleQueue[tuple[Any, BaseException | None]]] = {}

    def tell(self, *message: Any) -> None:
        """Send a message, as long as the function has not returned."""
        with self._sending:
            if not self._is_over:
                self._send(message)

    def ask(self, what: str, *arguments: Any) -> Any:
        """Let the worker do something, and wait for it.

        Raises what that raises, and RuntimeError once the function has returned.
        """
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        with self._lock:
            number = next(self._numbers)
            self._answers[number] = answer
        with self._sending:
            if self._is_over:
                raise _over()
            self._send(("ask", number, what, arguments))
        value, error = answer.get()
        if error is not None:
            raise error
        return value

    def answered(self, number: int, value: Any, error: BaseException | None) -> None:
        """Take note of what the worker says."""
        with self._lock:
            answer = self._answers.pop(number, None)
        if answer is not None:
            answer.put((value, error))

    def end(self) -> None:
        """The function has returned: nothing is sent any more, and nobody is answered."""
        with self._sending:
            self._is_over = True
        with self._lock:
            answers, self._answers = self._answers, {}
        for each in answers.values():
            each.put((None, _over()))


class ChildSlot:
    """The slot that a function takes whose worker is in another process."""

    def __init__(self, process: Process, line: Line) -> None:
        self.process: Process = process
        """The process that it is taken by."""
        self.size: int = 0
        """How many slots the worker has; known once the function waits."""
        self._line = line

    @contextlib.contextmanager
    def waiting(self) -> Generator[bool]:
        """Within the block the function waits; whether all slots are taken by functions that do."""
        try:
            all_wait, self.size = self._line.ask("wait")
        except RuntimeError:  # the function has returned, and what it has left behind takes no slot
            yield False
            return
        try:
            yield all_wait
        finally:
            self._line.tell("waited")


def _over() -> RuntimeError:
    return RuntimeError("the function has returned, so that nothing can be done in its name any more")


@short_tracebacks
class ChildContext(Context):
    """The context in a process of a pool. Calls that a coroutine awaits elsewhere have been carried out when they return."""

    def __init__(self, process: Process, cancellation: Cancellation, line: Line) -> None:
        self.process = process
        self._cancellation = cancellation
        self._line = line
        self._writers: dict[str, TextWriter] = {}
        self._attributes = {
            each.key: each.value for each in process.attributes if each.attributetype is not ENV
        }

    def log(self, text: object) -> Awaitable[None]:
        # The worker reads no more of the pipe than its log has room for, so that this waits as it does elsewhere.
        self._line.tell("log", plain_text(str(text)))
        return Ready(None)

    def progress(self, fraction: float, message: str = "") -> Awaitable[None]:
        format_progress(fraction, message)  # which says what is wrong with it
        self._line.tell("progress", float(fraction), plain_text(str(message)))
        return Ready(None)

    def stream(self, channel: str) -> TextWriter:
        if channel not in self._writers:
            self._line.ask("stream", channel)
            self._writers[channel] = ChildWriter(self._line, channel)
        return self._writers[channel]

    def set_attribute(self, key: str, value: object) -> Awaitable[None]:
        text = str(value)
        self._line.ask("set_attribute", str(key), text)
        self._attributes[key] = text
        return Ready(None)

    def add_child(self, spec: FunctionSpec, *, insert: bool = False) -> Awaitable[Process]:
        return Ready(self._line.ask("add_child", msgspec.json.encode(spec), bool(insert)))

    def wait_cancelled(self, timeout: float | None = None) -> Awaitable[bool]:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return Ready(self._cancellation.wait_in_thread(timeout))
        return asyncio.to_thread(self._cancellation.wait_in_thread, timeout)


@short_tracebacks
class ChildWriter(TextWriter):
    """A stream of text that the worker sends."""

    def __init__(self, line: Line, channel: str) -> None:
        self._line = line
        self._channel = channel
        self._open = True

    def send(self, text: object) -> Awaitable[None]:
        self._line.ask("stream_send", self._channel, bytes_of(text))
        return Ready(None)

    def close(self) -> Awaitable[None]:
        self._open = False
        self._line.ask("stream_close", self._channel)
        return Ready(None)

    @property
    def is_open(self) -> bool:
        return self._open

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, value, traceback)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Exception:  # where the block has raised, that is the news
            if value is None:
                raise
