"""What a worker calls at the beginning and at the end of each thread or process that functions run in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

from colonyos_gen.worker._pool.places import Place, found
from colonyos_gen.worker._pool.processes import Processes
from colonyos_gen.worker._pool.threads import Threads
from colonyos_gen.worker._running.functions import Offer
from colonyos_gen.worker._running.invoking import Slots

HookT = TypeVar("HookT", bound=Callable[[], Any])
Pool: TypeAlias = Literal["thread", "process"]


class Hooks:
    """The part of a worker that knows what is to be called around its functions."""

    def __init__(self, executortype: str) -> None:
        self.executortype: str = executortype
        """Type of the executor."""
        self._start_hooks: list[Callable[[], Any]] = []
        self._stop_hooks: list[Callable[[], Any]] = []

    def on_start(self, call: HookT) -> HookT:
        """Call a function, without arguments, in each slot before it takes calls: a decorator, to load a model once.

            local = threading.local()

            @worker.on_start
            def load() -> None:
                local.model = ...

        A slot is a thread that is kept between calls, or with `pool="process"` a process; there are `concurrency` of them. It
        may be async, but runs apart from the event loop of async functions. The worker asks for no process as long as
        no slot is ready. If it raises, the worker does not start: `run` ends with code 1, and the log says why; `serve`
        raises.
        """
        _require_callable("on_start", call)
        self._start_hooks.append(call)
        found.note(self.executortype, "on_start", call, call)
        return call

    def on_stop(self, call: HookT) -> HookT:
        """Call a function, without arguments, in each slot at its end: a decorator.

        Not called in processes that were killed, as at the end of a time limit, nor in threads whose function has not
        ended. All of them together get 10 s.
        """
        _require_callable("on_stop", call)
        self._stop_hooks.append(call)
        found.note(self.executortype, "on_stop", call, call)
        return call

    def _slots(self, pool: Pool, offers: Mapping[str, Offer], size: int) -> Slots:
        """The threads or processes for some functions, by what `found` knows them by."""
        if pool == "thread":
            return Threads(self._start_hooks, self._stop_hooks, size)
        places = {
            each: Place.of(self.executortype, key, each.call, plain=each.is_plain)
            for key, each in offers.items()
            if not each.is_async
        }
        start, stop = (
            [Place.of(self.executortype, key, each) for each in calls]
            for key, calls in (("on_start", self._start_hooks), ("on_stop", self._stop_hooks))
        )
        return Processes(places, start, stop, size)


def _require_callable(decorator: str, call: object) -> None:
    if not callable(call):
        raise TypeError(f"{call!r} cannot be called; {decorator} takes a function")
    try:
        inspect.signature(call).bind()
    except ValueError:  # what is written in C need not tell
        return
    except TypeError as error:
        name = getattr(call, "__name__", repr(call))
        raise TypeError(f"{name}: {error}; {decorator} calls its function without arguments") from None
