"""Which files one process leads through: waiting for its output, and its run in a worker.

    python -m tests.bench.routes

A change of file is a function that is called from another file, or by the event loop: each counts once, however often that
happens, and however often a coroutine goes on. So the figures depend neither on the order of tasks nor on how fast the
machine is.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
import threading
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

from colonyos_gen_wire import Process

import colonyos_gen
from colonyos_gen import AsyncSession, FunctionSpec, PrivateKey, Worker
from colonyos_gen.testing import LocalColony

TYPE = "traced"
_HOUSE = f"{Path(colonyos_gen.__file__).parent}/"
_LEFT_OUT = (
    "server/",
    "testing/",
    "_tracebacks.py",
)  # the last one is around public methods, and acts when they raise
_LIMIT_S = 120.0


class Route:
    """The functions of the package that were entered, with where they were called from."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, str, str]] = []
        """Of each: its file, its name, and the file that it was called from, which is empty for the event loop."""

    def files(self, room: str = "") -> list[str]:
        """The files below a folder that were entered, in the order of their first functions."""
        return list(dict.fromkeys(file for file, _, _ in self.entered if file.startswith(room)))

    def changes(self, room: str = "") -> int:
        """How many functions below a folder were called from another file; one that several files call counts for each."""
        return len({each for each in self.entered if each[0] != each[2] and each[0].startswith(room)})

    def entries(self, file: str) -> list[str]:
        """The functions of a file that were called from another one."""
        return [name for at, name, caller in self.entered if at == file and caller != file]


class Tracer:
    """Traces this thread, and those that begin meanwhile.

    Args:
        whole: Whether to trace from the beginning; otherwise from an answer to `assign` that brings a process until the
            worker asks for the next one.
    """

    def __init__(self, *, whole: bool) -> None:
        self.route = Route()
        self.over = threading.Event()
        """Set when the worker asks for the next process."""
        self._whole = whole
        self._tracing = whole
        self._frames: set[FrameType] = set()
        """Those of coroutines, which are entered anew whenever they go on."""

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """Trace within the block."""
        before, before_in_threads = sys.getprofile(), threading.getprofile()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(before)
            threading.setprofile(before_in_threads)
            self._frames.clear()

    def _note(self, frame: FrameType, event: str, value: Any) -> None:
        if not self._whole and frame.f_code.co_name == "assign" and "stubs_async" in frame.f_code.co_filename:
            if event == "return" and isinstance(value, Process):
                self._tracing = True
            elif event == "call" and self._tracing and frame not in self._frames:
                self._tracing = False
                self.over.set()
        if event != "call":
            return
        going_on = frame in self._frames
        if frame.f_code.co_flags & (inspect.CO_COROUTINE | inspect.CO_GENERATOR):
            self._frames.add(frame)
        file = _file_of(frame)
        if self._tracing and not going_on and file:
            self.route.entered.append((file, frame.f_code.co_qualname, _caller_of(frame)))


def _file_of(frame: FrameType) -> str:
    name = frame.f_code.co_filename
    file = name.removeprefix(_HOUSE)
    return "" if file == name or file.startswith(_LEFT_OUT) else file


def _caller_of(frame: FrameType) -> str:
    before = frame.f_back
    while before is not None:
        if file := _file_of(before):
            return file
        before = before.f_back
    return ""


def a_worker() -> Worker:
    """A worker with a key of its own and one function, which runs in a thread."""
    worker = Worker(TYPE, name=TYPE, prvkey=PrivateKey.generate(), grace=5)

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    return worker


def waiting() -> Route:
    """The route of `await handle.output()`, of a process that a worker has run meanwhile."""
    with LocalColony() as colony, colony.worker(a_worker()):
        return asyncio.run(_waiting(colony))


async def _waiting(colony: LocalColony) -> Route:
    tracer = Tracer(whole=True)
    async with colony.aclient as client:
        session = AsyncSession(client, colony.name)
        handle = await session.submit("add", 1, 2, to=TYPE)
        colony.session.process(handle.processid).wait(_LIMIT_S)  # so that one look shows its end
        with tracer.running():
            assert await handle.output() == 3
    return tracer.route


def working() -> Route:
    """The route of one process in a worker: from its assignment until the worker asks for the next one."""
    with LocalColony() as colony:
        return asyncio.run(_working(colony))


async def _working(colony: LocalColony) -> Route:
    spec = FunctionSpec.new("add", TYPE, colony.name)
    spec.args = [1, 2]
    worker, tracer = a_worker(), Tracer(whole=False)
    async with colony.aclient as client:
        process = await client.submit(spec)
        threading.Thread(target=_stop_later, args=(worker, tracer.over), daemon=True).start()
        with tracer.running():
            await worker.serve(environ=colony.environment().without_member_key())
        assert (await client.get_process(process.processid)).output == [3]
    return tracer.route


def _stop_later(worker: Worker, over: threading.Event) -> None:
    over.wait(_LIMIT_S)
    worker.stop("the route is known")


def main() -> None:
    """Measure and print."""
    output, process = waiting(), working()
    print(f"output(): {len(output.files())} files, {output.changes()} changes of file")
    print(*(f"    {file}" for file in output.files()), sep="\n")
    files = process.files("worker/")
    print(
        f"a process in the worker: {len(files)} files of worker/, {process.changes('worker/')} changes of file"
    )
    print(*(f"    {file}" for file in files), sep="\n")
    service = next(file for file in files if file.endswith("service.py"))
    entries = Counter(process.entries(service))
    shown = ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in entries.items())
    print(f"    {service} is entered {entries.total()} times: {shown}")
    print(f"    with calls: {len(process.files())} files, {process.changes()} changes of file")


if __name__ == "__main__":
    main()
