"""A worker in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ContextDecorator
from types import TracebackType
from typing import TYPE_CHECKING

from colonyos_gen._tracebacks import short_tracebacks

if TYPE_CHECKING:
    from colonyos_gen.worker import Worker

_AGAIN_S = 0.02


class WorkerThread:
    """Runs a `Worker` on an event loop in a thread."""

    def __init__(self, worker: Worker, environ: Mapping[str, str]) -> None:
        self._worker = worker
        self._environ = environ
        self._settled = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name=f"{worker!r}", daemon=True)

    def start(self) -> None:
        """Start it, and return when it is registered and approved. Raises what it raises."""
        self._thread.start()
        self._settled.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self, dismiss: Callable[[], None]) -> None:
        """Let it end, and return when it has. `dismiss` ends a long poll of it, which it would wait for otherwise."""
        self._worker.stop("the test is over")
        while self._thread.is_alive():
            dismiss()  # again and again, as a poll may just be on its way
            self._thread.join(_AGAIN_S)
        if self._failure is not None:
            raise self._failure

    def _main(self) -> None:
        try:
            # Imported here, as a colony without workers needs none of it.
            from colonyos_gen.worker._life.event_loop import run_to_the_end

            serving = self._worker.serve(environ=self._environ, ready=self._settled.set)
            run_to_the_end(serving, self._worker.stop)
        except BaseException as error:  # raised where the worker was started, or where it is stopped
            self._failure = error
        finally:
            self._settled.set()


@short_tracebacks
class RunningWorker(ContextDecorator):
    """Runs a `Worker` for as long as a `with` block lasts.

    Args:
        worker: It.
        environ: Its variables.
        workers: What runs, and by which name; it is among that meanwhile.
        dismiss: Ends the long polls of an executor.
    """

    def __init__(
        self,
        worker: Worker,
        environ: Mapping[str, str],
        workers: dict[WorkerThread, str],
        dismiss: Callable[[str], None],
    ) -> None:
        self._worker = worker
        self._environ = environ
        self._workers = workers
        self._dismiss = dismiss
        self._thread: WorkerThread | None = None

    def __enter__(self) -> Worker:
        thread = WorkerThread(self._worker, self._environ)
        thread.start()
        self._thread, self._workers[thread] = thread, self._worker.name or ""
        return self._worker

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if (thread := self._thread) is not None:
            name = self._workers[thread]
            thread.stop(lambda: self._dismiss(name))
            del self._workers[thread]
