"""The demonstration itself: step after step, each printed as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from colonyos_gen_wire import FunctionSpec, Process
from colonyos_gen_wire.constants import FAILED, SUCCESS
from colonyos_gen_wire.terminal import visible

from colonyos_gen import AsyncSession, AsyncWorkflowHandle, Task, Worker, connect, workflow
from colonyos_gen.demo.functions import make_worker
from colonyos_gen.demo.scene import make_scene
from colonyos_gen.demo.table import process_table
from colonyos_gen.pictures import draw_graph, save
from colonyos_gen.session._streams.bar import progress_bar
from colonyos_gen.session._streams.graph import look_at
from colonyos_gen.spec_file import load_spec

BUILT_IN_SPECS = Path(__file__).with_name("specs.json")
PATIENCE_S = 60.0
"""Seconds after which the demonstration gives up."""

_REMOVAL_S = 10.0
"""Seconds to wait until the worker's executor runs nothing any more."""
_BRANCHES = 6
_AT_ONCE = 6


async def run(spec_file: Path | None, picture: Path) -> int:
    """Play it through, and print it; returns the exit code.

    Args:
        spec_file: Function specs to submit; None for those that are built in.
        picture: Where to write the picture of the workflow.

    Raises:
        ValueError: The spec file is not one.
        ConfigError: The server that the environment names cannot be used.
        RPCError: The server refuses something, or is not there.
        OSError: The spec file cannot be read, or the picture not be written.
    """
    specs = _read(spec_file or BUILT_IN_SPECS)
    async with asyncio.timeout(PATIENCE_S), make_scene() as scene:
        print(f"Server  {scene.where}.")
        executortype = f"demo-{scene.suffix}"
        worker = make_worker(executortype, f"demo-worker-{scene.suffix}", scene.environ, concurrency=_AT_ONCE)
        keys = {"colony": scene.colony_key, "member": scene.member_key}
        async with connect(environ=scene.environ, keys=keys) as session, _at_work(worker, session):
            print(
                f"Worker  {worker.name}, of type {executortype}, takes {_AT_ONCE} processes at a time and offers "
                "add, divide, chat."
            )
            ended = [await _call(session, executortype), await _stream(session, executortype)]
            ended += await _workflow(session, executortype, picture)
            ended += await _specs(session, executortype, specs, spec_file)
            counts = Counter(process.state for process in ended)
            print(f"\n{counts[SUCCESS]} processes have succeeded, and {counts[FAILED]} failed.")
    return 0


def _read(path: Path) -> list[FunctionSpec]:
    found = load_spec(path)
    return [found] if isinstance(found, FunctionSpec) else found.functionspecs


@contextlib.asynccontextmanager
async def _at_work(worker: Worker, session: AsyncSession) -> AsyncGenerator[None]:
    """Have `worker` work within the block, and forget it at the end."""
    ready = asyncio.Event()
    working = asyncio.create_task(worker.serve(ready=ready.set))
    started = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait((working, started), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        yield
    finally:
        started.cancel()
        worker.stop()
        await working
        await session.executors.remove(worker.name or "", timeout=_REMOVAL_S)


async def _call(session: AsyncSession, executortype: str) -> Process:
    _title("A call")
    began = time.perf_counter()
    handle = await session.submit("add", 19, 23, to=executortype)
    output = await handle.output()
    print(
        f"  session.call('add', 19, 23)  gives {output!r}, in {(time.perf_counter() - began) * 1000:.0f} ms"
    )
    return handle.process


async def _stream(session: AsyncSession, executortype: str) -> Process:
    _title("Streamed text")
    handle = await session.submit("chat", "How does streaming work?", to=executortype, channels=["out"])
    print("  ", end="")
    async for text in handle.stream("out"):
        print(visible(text), end="", flush=True)
    print()
    return (await handle.wait()).process


async def _workflow(session: AsyncSession, executortype: str, picture: Path) -> list[Process]:
    _title(f"A workflow of {2 + 3 * _BRANCHES} tasks")
    with workflow("sweep", to=executortype) as sweep:
        first = sweep.task("add", 1, name="prepare", pause=0.2)
        scores: list[Task] = []
        for number in range(1, _BRANCHES + 1):
            pause = 0.1 * number
            load = sweep.task("add", number, after=first, name=f"load-{number}", pause=pause)
            train = sweep.task("add", number, after=load, name=f"train-{number}", pause=pause)
            scores.append(sweep.task("add", number, after=train, name=f"score-{number}", pause=pause))
        sweep.task("add", after=scores, name="report", pause=0.2)
    handle = await session.submit(sweep)
    if progress_bar("sweep") is None:
        await _follow(handle)
    else:
        await handle.wait(progress=True)
    processes = list((await handle.processes()).values())
    save(draw_graph(handle.graph, processes, fold=False), picture)
    print(f"  report gives {await handle.output('report')!r}; the picture is in {picture}")
    return processes


async def _follow(handle: AsyncWorkflowHandle) -> None:
    """Progress for a pipe, where a bar would be of no use: a line for each quarter."""
    shown = -1
    async for graph in handle.graphs():
        look = look_at(graph)
        quarter = int(4 * look.done / (look.total or 1))
        if quarter > shown:
            shown = quarter
            print(f"  {visible(look.message)}", flush=True)


async def _specs(
    session: AsyncSession, executortype: str, specs: Sequence[FunctionSpec], spec_file: Path | None
) -> list[Process]:
    name = os.fspath(spec_file) if spec_file else "a spec file that is built in"
    _title(f"{len(specs)} function{'s' if len(specs) != 1 else ''} of {name}, taken by priority")
    for spec in specs:
        spec.conditions.executortype = executortype
        spec.conditions.executornames = []
    submitted = [await session.submit(spec) for spec in specs]
    processes = [(await handle.wait()).process for handle in submitted]
    print(process_table(processes))
    return processes


def _title(text: str) -> None:
    text = visible(text)
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)
