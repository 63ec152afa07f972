"""Progress bars, in terminals and in notebooks."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from colonyos_gen_wire.terminal import visible

from colonyos_gen._callers import caller
from colonyos_gen.session._streams.progress import Look

if TYPE_CHECKING:
    from rich.progress import BarColumn, Progress

_WIDE = 40
_NARROW = 10
"""Width of a bar that stands still."""


class Bar(ABC):
    """A progress bar that is there inside of its `with` block."""

    @abstractmethod
    def show(self, look: Look) -> None:
        """Show how far it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


def progress_bar(title: str) -> Bar | None:
    """A progress bar for where the output goes to; None where it is neither a terminal nor a notebook."""
    display = _notebook_display()
    if display is not None:
        return NotebookBar(title, display)
    if not _is_terminal():
        return None
    try:
        return TerminalBar(title)
    except ImportError:
        message = "progress=True shows nothing without rich: pip install 'colonyos-gen[progress]'"
        caller().warn(message, UserWarning)
        return None


class TerminalBar(Bar):
    """A bar with state, share, elapsed time and last message, by rich. It stays when it is done."""

    def __init__(self, title: str) -> None:
        from rich.progress import BarColumn

        self._bar = BarColumn()
        self._progress = _rich_progress(self._bar)
        self._task = self._progress.add_task(visible(title), total=None, share="", state="", message="")

    def show(self, look: Look) -> None:
        share = "" if look.total is None else f"{look.done / look.total:.0%}" if look.total else "100%"
        self._bar.bar_width = _NARROW if look.reason else _WIDE  # so that there is room to say why
        self._progress.update(
            self._task,
            completed=look.done,
            total=look.total,
            state=visible(look.state),
            share=share,
            message=visible(" ".join(look.text.split())),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()


class NotebookBar(Bar):
    """The same as HTML, which is replaced in its place."""

    def __init__(self, title: str, display: Any) -> None:
        self._title = title
        self._display = display
        self._shown: Any = None
        self._began = time.monotonic()

    def show(self, look: Look) -> None:
        part = "" if look.total is None else f' value="{look.done:g}" max="{look.total:g}"'
        seconds = int(time.monotonic() - self._began)
        elapsed = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        text = " · ".join(filter(None, (look.state, elapsed, look.text)))
        html = f"<div><code>{escape(self._title)}</code> <progress{part}></progress> {escape(text)}</div>"
        data = {"text/html": html, "text/plain": visible(f"{self._title}: {text}")}
        if self._shown is None:
            self._shown = self._display(data, raw=True, display_id=True)
        else:
            self._shown.update(data, raw=True)


def _rich_progress(bar: BarColumn) -> Progress:
    from rich.progress import Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False),
        bar,
        TextColumn("{task.fields[share]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        TextColumn(
            "{task.fields[message]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
        ),
    )


def _is_terminal() -> bool:
    # rich believes FORCE_COLOR, which many set for pipes too.
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # there is none, or it has been closed
        return False


def _notebook_display() -> Any:
    """IPython's `display` where a notebook shows the output, else None."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    return sys.modules["IPython.display"].display
