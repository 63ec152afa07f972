"""A driver as a process: asked one vector after the other, and started again when it hangs or dies."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, Any

Vector = dict[str, Any]

STARTING_S = 120.0
"""Seconds for the first answer of a process: some are compiled first."""
_TRIES = 5
"""Processes that may hang or die one after the other without an answer between."""
_SHOWN = 200
"""Characters of what a driver writes that are shown."""


class DriverError(Exception):
    """The driver cannot be started."""


class Driver:
    """Runs a driver.

    Args:
        command: The program and its arguments.
        timeout: Seconds for an answer.
    """

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._command = command
        self._timeout = timeout
        self._process: _Process | None = None
        self._in_vain = 0
        self.starting = STARTING_S
        """Seconds for the first answer of a process."""

    def ask(self, vectors: Sequence[Vector]) -> Iterator[tuple[Vector, dict[str, Any] | str]]:
        """Each vector with the answer, or with what went wrong in words. Raises `DriverError`."""
        try:
            for number, vector in enumerate(vectors, 1):
                yield vector, self._ask(number, vector)
        finally:
            if self._process is not None:
                self._process.kill()

    def end(self) -> str:
        """End the input; returns what is wrong with how the driver ends, if anything is."""
        process = self._process
        return "" if process is None or self._gave_up else process.end(self._timeout)

    @property
    def _gave_up(self) -> bool:
        return self._in_vain >= _TRIES

    def _ask(self, number: int, vector: Vector) -> dict[str, Any] | str:
        if self._gave_up:
            return f"not asked, as {_TRIES} processes of the driver have hung or died one after the other"
        if self._process is None:
            self._process = _Process(self._command, self.starting)
        line = json.dumps(
            {"id": number, **{key: value for key, value in vector.items() if key not in ("id", "expect")}}
        )
        answer = self._process.ask(number, line, self._timeout)
        if self._process.is_over:
            self._process.kill()
            self._process = None
            self._in_vain += 1
        else:
            self._in_vain = 0
        return answer


class _Process:
    def __init__(self, command: Sequence[str], starting: float) -> None:
        self._starting = starting
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that what it starts can be ended with it
            )
        except OSError as error:
            raise DriverError(f"cannot start {command[0]!r}: {error.strerror or error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._input: IO[bytes] = self._process.stdin
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said: deque[bytes] = deque(maxlen=3)
        self._answered = False
        self.is_over = False
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._listen)]
        for reader in self._readers:
            reader.start()

    def ask(self, number: int, line: str, timeout: float) -> dict[str, Any] | str:
        """The answer, or what went wrong; then `is_over` says whether the process is of no use any more."""
        limit = timeout if self._answered else max(timeout, self._starting)
        until = time.monotonic() + limit
        try:
            self._input.write(line.encode() + b"\n")
            self._input.flush()
        except OSError:
            return self._died()
        garbage = ""
        while True:
            try:
                text = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                self.is_over = True
                return garbage or f"no answer within {limit:g} s"
            if text is None:
                return garbage or self._died()
            answer = _parsed(text, number)
            if answer is not None:
                self._answered = True
                return garbage or answer
            garbage = garbage or f"no answer but {_shown(text)} on standard output"

    def end(self, timeout: float) -> str:
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return f"did not end within {timeout:g} s after the end of its input"
        if code != 0:
            return f"ended with exit code {code}{self._last_words()}"
        self._readers[0].join(1.0)
        more = None if self._lines.empty() else self._lines.get()
        return "" if more is None else f"wrote {_shown(more)} after its last answer"

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._input.close()
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):  # all of them have ended
                os.killpg(self._process.pid, signal.SIGKILL)
        elif self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _died(self) -> str:
        self.is_over = True
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return f"closed its standard output{self._last_words()}"
        return f"died with exit code {code}{self._last_words()}"

    def _last_words(self) -> str:
        self._readers[1].join(1.0)  # for what is still on its way
        words = b" ".join(self._said).decode("utf-8", "replace").split()
        return f": {' '.join(words)[-_SHOWN:]}" if words else ""

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _listen(self) -> None:
        assert self._process.stderr is not None
        self._said.extend(self._process.stderr)


def _shown(text: bytes) -> str:
    return repr(text[:_SHOWN].decode("utf-8", "replace").rstrip())


def _parsed(text: bytes, number: int) -> dict[str, Any] | None:
    try:
        answer: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.get("id") == number else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
