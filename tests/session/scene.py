"""A colony with executors that do as a test says, built from the generated client alone."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from colonyos_gen import RUNNING, Client, NoProcessError, Process, RPCError
from colonyos_gen.testing import LocalColony, LocalExecutor

Work = Callable[[Client, Process], Any]
"""Does one process and returns its output; raises to fail it."""


@contextlib.contextmanager
def executing(
    colony: LocalColony, executortype: str = "math", work: Work | None = None, threads: int = 1
) -> Generator[list[LocalExecutor]]:
    """Executors that take work as long as the block lasts. Without `work` they return the sum of the arguments."""
    stop = threading.Event()
    executors = [colony.add_executor(executortype) for _ in range(threads)]
    running = [
        threading.Thread(target=_run, args=(colony.name, executor.client, work or _add, stop))
        for executor in executors
    ]
    for thread in running:
        thread.start()
    try:
        yield executors
    finally:
        stop.set()
        for thread in running:
            thread.join()


def _add(_client: Client, process: Process) -> Any:
    return [sum(process.spec.args)]


def _run(colonyname: str, client: Client, work: Work, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            process = client.assign(colonyname, 1)
        except NoProcessError:
            continue
        except RPCError:  # an outage, as of tests that make one
            stop.wait(0.05)
            continue
        try:
            output = work(client, process)
        except Exception as error:  # whatever it is, the process ends with it
            _tell(client, process, partial(client.fail, process.processid, errors=[str(error)]))
        else:
            _tell(client, process, partial(client.close, process.processid, output=output))


def _tell(client: Client, process: Process, call: Callable[[], None]) -> None:
    """Close a process, again if its connection broke and a read shows that it is RUNNING still."""
    while True:
        try:
            return call()
        except RPCError as error:
            if not error.conn_err():
                return None
        while True:
            try:
                if client.get_process(process.processid).state is not RUNNING:
                    return None
                break
            except RPCError as error:
                if not error.conn_err():
                    return None
                time.sleep(0.05)
