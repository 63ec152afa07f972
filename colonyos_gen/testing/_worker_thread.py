"""A worker in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

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
        from colonyos_gen.worker._life.to_the_end import run_to_the_end

        try:
            run_to_the_end(self._worker.serve(environ=self._environ, ready=self._settled.set))
        except BaseException as error:  # raised where the worker was started, or where it is stopped
            self._failure = error
        finally:
            self._settled.set()
