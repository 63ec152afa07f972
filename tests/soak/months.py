"""`python -m tests.soak.months`: a million processes through a server that forgets them, with its memory and its file.

Submit, assign, a log line, an attribute and close, by handlers of the server, without a network and signatures, on a clock
that goes on by a second for every few hundred processes. Every tenth is a member of a workflow. With `--rows`, which is
much faster, the rows of all that are put into the tables instead.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from colonyos_gen_wire.constants import APPROVED
from colonyos_gen_wire.methods import attribute, log, process, workflow
from colonyos_gen_wire.requests.attribute import AddAttributeMsg
from colonyos_gen_wire.requests.log import AddLogMsg
from colonyos_gen_wire.requests.process import AssignProcessMsg, CloseSuccessfulMsg, SubmitFunctionSpecMsg
from colonyos_gen_wire.requests.workflow import SubmitWorkflowSpecMsg
from colonyos_gen_wire.types.attribute import Attribute
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.log import Log
from colonyos_gen_wire.types.process import Conditions, FunctionSpec
from colonyos_gen_wire.types.workflow import ProcessGraph, WorkflowSpec
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._clock import moment
from colonyos_gen.server._processes import lifecycle

COLONY, TYPE = "months", "worker"
BATCH = 500
"""Processes that are under way at once, and run through in a second."""
RETENTION_S = 20.0


class Sample(NamedTuple):
    """How the server is at a moment."""

    done: int
    rows: int
    logs: int
    resident: int
    file: int
    second_file: int

    def __str__(self) -> str:
        size = f"file {self.file / 2**20:.1f} MB and {self.second_file / 2**20:.1f} MB"
        rows = f"{self.rows:,} processes, {self.logs:,} lines"
        return f"{self.done:>9,} done: {rows}, {self.resident / 2**20:.0f} MB of memory, {size}"


class Months:
    """A server on a file, and what runs through it."""

    def __init__(self, file: Path, *, rows_only: bool = False) -> None:
        self.file = file
        self._rows_only = rows_only
        self.clock = ManualClock()
        self.server = Server(db=file, clock=self.clock, retention=RETENTION_S, hazards="off")
        self._key = PrivateKey.generate()
        self.done = 0
        records = self.records
        records.colonies.put(Colony(colonyid="0" * 64, name=COLONY))
        worker = Executor.new("worker", self._key.id, TYPE, COLONY)
        records.executors.put(replace(worker, state=APPROVED))

    @property
    def records(self) -> Any:
        """The tables of the server."""
        return self.server._records  # pyright: ignore[reportPrivateUsage]

    async def second(self) -> None:
        """Run a batch through, and let a second pass."""
        if self._rows_only:
            for number in range(BATCH):
                self._put(self.done + number)
            store = self.server._store  # pyright: ignore[reportPrivateUsage]
            store.commit()
            await store.written()
        else:
            await asyncio.gather(*[self._one(self.done + number) for number in range(BATCH)])
        self.done += BATCH
        self.clock.advance(1)
        await asyncio.sleep(0)

    async def settle(self) -> None:
        """Let what goes in pieces come to its end."""
        store = self.server._store  # pyright: ignore[reportPrivateUsage]
        while len(store.pieces) or store.busy:
            await asyncio.sleep(0.01)

    def sample(self) -> Sample:
        """How the server is now."""
        second = self.file.with_name(self.file.name + "-wal")
        return Sample(
            self.done,
            len(self.records.processes),
            len(self.records.logs),
            _resident(),
            self.file.stat().st_size,
            second.stat().st_size if second.exists() else 0,
        )

    def _put(self, number: int) -> None:
        """Put what becomes of a process, one after the other."""
        records, now_ns = self.records, self.clock.now_ns()
        now = moment(now_ns)
        made = lifecycle.submitted(_spec(number), self._key.id, "worker", now_ns)
        if number % 10 == 0:
            graph = ProcessGraph(processgraphid=lifecycle.new_id(), colonyname=COLONY, submissiontime=now)
            records.processgraphs.put(graph)
            made = replace(made, processgraphid=graph.processgraphid)
        records.processes.put(made)
        made = records.processes.put(lifecycle.assigned(made, self._key.id, now))
        line = Log(
            processid=made.processid, colonyname=COLONY, executorname="worker", message=f"line {number}"
        )
        records.logs.put(replace(line, timestamp=now_ns + number % BATCH))
        records.processes.put(lifecycle.closed(made, ["y" * 100], now))

    async def _one(self, number: int) -> None:
        spec = _spec(number)
        if number % 10 == 0:
            spec_of_all = WorkflowSpec(colonyname=COLONY, functionspecs=[spec])
            await self._call(workflow.SUBMIT_WORKFLOW, SubmitWorkflowSpecMsg(workflowspec=spec_of_all))
        else:
            await self._call(process.SUBMIT, SubmitFunctionSpecMsg(spec=spec))
        taken = await self._call(process.ASSIGN, AssignProcessMsg(colonyname=COLONY, timeout=10))
        await self._call(log.ADD_LOG, AddLogMsg(processid=taken.processid, message=f"line {number}"))
        made = Attribute.new(COLONY, taken.processid, "key", "value")
        await self._call(attribute.ADD_ATTR, AddAttributeMsg(attr=made))
        await self._call(process.CLOSE, CloseSuccessfulMsg(processid=taken.processid, output=["y" * 100]))

    async def _call(self, method: Any, request: Any) -> Any:
        """What the dispatcher does with a request whose signer it knows."""
        dispatcher = self.server._dispatcher  # pyright: ignore[reportPrivateUsage]
        handler: Callable[[Any, str], Any] = dispatcher._handlers[method.msgtype]  # pyright: ignore[reportPrivateUsage]
        reply = await handler(request, self._key.id)
        store = self.server._store  # pyright: ignore[reportPrivateUsage]
        store.commit()
        await store.written()
        return reply


def _spec(number: int) -> FunctionSpec:
    return FunctionSpec(
        nodename="one",
        funcname="work",
        args=[number, "x" * 100],
        maxexectime=3600,
        env={"NUMBER": str(number)},
        conditions=Conditions(colonyname=COLONY, executortype=TYPE),
    )


def _resident() -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


async def run(count: int, file: Path, every: int, *, rows_only: bool = False) -> list[Sample]:
    """Run so many processes through, and tell how the server is after each `every` of them."""
    samples: list[Sample] = []
    months = Months(file, rows_only=rows_only)
    async with months.server:
        started = time.monotonic()
        while months.done < count:
            await months.second()
            if months.done % every == 0:
                gc.collect()
                samples.append(months.sample())
                print(f"{samples[-1]}, {time.monotonic() - started:.0f} s", flush=True)
        for _ in range(2):
            months.clock.advance(100)
            await months.settle()
        samples.append(months.sample())
        print(f"{samples[-1]}, after everything was forgotten", flush=True)
    return samples


def main() -> int:
    """Run, print, and return 1 if memory or file have not stayed flat."""
    parser = argparse.ArgumentParser("python -m tests.soak.months", description=__doc__)
    parser.add_argument("--processes", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=20_000, help="processes between two lines of the report")
    parser.add_argument("--rows", action="store_true", help="put the rows, instead of calling the handlers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = run(options.processes, Path(folder, "months.db"), options.every, rows_only=options.rows)
        samples = asyncio.run(work)
    half = len(samples) // 2
    early = max(samples[1:half], key=lambda sample: sample.resident)
    late = max(samples[half:], key=lambda sample: sample.resident)
    flat = late.resident < 1.1 * early.resident and max(s.file for s in samples[half:]) < 1.5 * max(
        s.file for s in samples[1:half]
    )
    print("flat" if flat else "NOT flat")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
