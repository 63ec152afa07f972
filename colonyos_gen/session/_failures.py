"""What waiting for a result can end in, other than the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from colonyos_gen_wire import Log, Process
from colonyos_gen_wire.terminal import visible


class Described(Protocol):
    """A handle."""

    @property
    def description(self) -> str:
        """What messages call it."""
        ...


_SHOWN_LOGS = 10
_LONGEST_TEXT = 1000


class ProcessFailed(Exception):
    """The process ended in FAILED.

    Attributes:
        process: The process.
        errors: Why, in the words of its executor, or of the server where a deadline passed or a workflow failed.
        logs: The last lines of its log, oldest first.
    """

    def __init__(self, process: Process, errors: Sequence[str], logs: Sequence[Log]) -> None:
        super().__init__(process, errors, logs)
        self.process = process
        self.errors: list[str] = list(errors)
        self.logs: list[Log] = list(logs)

    def __str__(self) -> str:
        between = (
            "\n" if any("\n" in each for each in self.errors) else "; "
        )  # a traceback has lines of its own
        reason = between.join(self.errors) or _unexplained(self.process)
        text = f"{describe(self.process)} failed: {_cut(reason)}"
        if self.logs:
            lines = "".join(f"\n  {_cut(log.message)}" for log in self.logs[-_SHOWN_LOGS:])
            text += f"\nthe end of its log:{lines}"
        return visible(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self).splitlines()[0]!r})"


class ProcessCancelled(Exception):
    """The process was cancelled before it ended.

    Attributes:
        process: The process.
    """

    def __init__(self, process: Process) -> None:
        super().__init__(process)
        self.process = process

    def __str__(self) -> str:
        return visible(f"{describe(self.process)} was cancelled")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class OutputMismatch(ValueError):
    """The process succeeded, and its output cannot be read by the annotation in `returns`.

    Attributes:
        process: The process; `process.output` is what there is.
        returns: The annotation.
        reason: Why it cannot.
    """

    def __init__(self, process: Process, returns: Any, reason: str) -> None:
        super().__init__(process, returns, reason)
        self.process = process
        self.returns: Any = returns
        self.reason = reason

    def __str__(self) -> str:
        wanted = getattr(self.returns, "__qualname__", None) if isinstance(self.returns, type) else None
        text = f"{describe(self.process)} succeeded, but its output is no {wanted or self.returns}: {_cut(self.reason)}"
        return visible(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class WaitTimeout(TimeoutError):
    """What was waited for did not end in time. It goes on: wait again, or stop it with `error.handle.cancel()`.

    Attributes:
        handle: What was waited for, a handle like that one; where it was several, the first that had not ended.
        seconds: How long it was waited for.
        unanswered: Why the server could not tell how it is, if it did not; empty if it did.
        standing: In which state it is and why, as far as the server tells: that no executor of its type is there, say.
    """

    def __init__(self, handle: Described, seconds: float, unanswered: str = "", standing: str = "") -> None:
        super().__init__(handle, seconds)
        self.handle: Any = handle  # synchronous or not, as the code that catches it knows
        self.seconds = seconds
        self.unanswered = unanswered
        self.standing = standing

    def __str__(self) -> str:
        return visible(self._text())

    def _text(self) -> str:
        if self.unanswered:
            return (
                f"{self.handle.description} was not seen to end within {self.seconds:g} s; how it is now is unknown, "
                f"as the server does not tell: {self.unanswered}"
            )
        standing = f": {self.standing}" if self.standing else ""
        return (
            f"{self.handle.description} did not end within {self.seconds:g} s and goes on{standing}; "
            "wait again, or stop it with error.handle.cancel()"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return TimeoutError, (str(self),)  # a handle holds a connection, which cannot travel


def late_of(handle: Described, late: WaitTimeout) -> WaitTimeout:
    """The same of another handle, such as the synchronous one that belongs to it."""
    return WaitTimeout(handle, late.seconds, late.unanswered, late.standing)


class FunctionLookupError(LookupError):
    """No executor type was named, and not exactly one offers the function.

    Attributes:
        funcname: The function that was asked for.
        choices: Executor types that offer it; empty when none does.
    """

    def __init__(self, funcname: str, choices: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(funcname, choices, known)
        self.funcname = funcname
        self.choices: list[str] = list(choices)
        self.known: list[str] = list(known)

    def __str__(self) -> str:
        if self.choices:
            types = ", ".join(map(repr, self.choices))
            return f"several executor types offer {self.funcname!r}; choose one with to=…: {types}"
        offered = visible(", ".join(self.known)) or "none"
        return (
            f"no executor has registered a function {self.funcname!r} (registered: {offered}); "
            "name the executor type with to=… if it needs no registration"
        )


def describe(process: Process) -> str:
    """What a message calls a process: its function, its node where it has one, and its id."""
    spec = process.spec
    node = f" (node {spec.nodename!r})" if process.processgraphid and spec.nodename else ""
    return f"{spec.funcname!r}{node}, process {process.processid}"


def _unexplained(process: Process) -> str:
    if not process.processgraphid:
        return "its executor gave no reason"
    if process.starttime is None or process.endtime is None:
        return "another process of its workflow failed"
    return "its executor gave no reason, or another process of its workflow failed"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
