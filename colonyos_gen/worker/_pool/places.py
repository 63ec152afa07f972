"""Where a function is, so that another process finds it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import multiprocessing
import os
import sys
import threading
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NoReturn

from colonyos_gen.worker._pool.no_further import leave_at_the_next_line

MAIN = "__main__"
NO_GUARD = (
    'the program starts its worker where it is imported too; put `if __name__ == "__main__":` before worker.run(), since '
    "each process of a pool imports the program"
)
"""What is told of a program without a main guard."""
STARTED_ANEW = (
    "each process of a pool imports the program, and this one starts its worker there too, in a thread, say, or on an event "
    'loop; put `if __name__ == "__main__":` before that, and before all else that is not to be done again in each process'
)
"""The same where more would be done behind the start of the worker, so that it cannot work."""

NO_FILE = (
    "each process of a pool imports the program, and this one is in no file, as with `python -c`, `python -` or in a "
    "notebook; put the program into a file, or its functions"
)
"""What is told of a program that another process cannot read."""


class MainReached(BaseException):
    """The program was imported as far as it goes; only its worker would follow."""


@dataclass(frozen=True, slots=True)
class Place:
    """One function of a worker."""

    executortype: str
    key: str
    """Name of the function, or what it is for."""
    module: str
    qualname: str
    by_name: bool
    """Whether its name in its module is all that a new process has to know of it."""

    @classmethod
    def of(cls, executortype: str, key: str, call: Callable[..., Any], *, plain: bool = True) -> Place:
        """The place of a function, or of something else that is called.

        Args:
            plain: Whether nothing was said of it besides that it is to be called.
        """
        owner: Any = call if hasattr(call, "__qualname__") else type(call)
        module, qualname = str(owner.__module__), str(owner.__qualname__)
        return cls(
            executortype, key, module, qualname, plain and _named(sys.modules.get(module), qualname) is call
        )


def _named(module: object, qualname: str) -> Any:
    """What a module has by a name; None if it has no such thing."""
    found: Any = module
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


class Found:
    """The functions that workers offer in this process, if it is one of a pool: noted as they are decorated."""

    def __init__(self) -> None:
        self.is_child: bool = False
        """Whether this is a process of a pool."""
        self.is_importing: bool = False
        """Whether it is importing the program of its worker."""
        self.was_reached: bool = False
        """Whether that has come to where its worker would start, in the main thread."""
        self.importer: str = ""
        """Name of the module that does that."""
        self.leave: Callable[[], NoReturn] = _no_child
        """Ends this process, and tells its worker why."""
        self._of_import: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._is_calling = False
        self._pid = 0
        self._noted: list[tuple[Place, Any]] = []

    def note(self, executortype: str, key: str, call: Callable[..., Any], found: Any) -> None:
        """Remember what a decorator was used for; `found` is what `find` returns for it."""
        if self.is_child:
            self._noted.append((Place.of(executortype, key, call), found))

    def find(self, wanted: Place) -> Any:
        """What was noted for a place, else what its module has by its name.

        Raises what importing the module raises, and LookupError if there is no such thing.
        """
        module = importlib.import_module(wanted.module)
        for place, found in self._noted:
            if (place.executortype, place.key, place.qualname) == (
                wanted.executortype,
                wanted.key,
                wanted.qualname,
            ) and sys.modules.get(place.module) is module:
                return found
        found = _named(module, wanted.qualname)
        if found is None:
            raise LookupError(
                f'a new process does not find {wanted.qualname} in {wanted.module}; with pool="process" functions are '
                "defined at the top of a module"
            )
        if not wanted.by_name:
            raise LookupError(
                f"a new process does not know what {wanted.qualname} of {wanted.module} was offered with: an object, a "
                'decorator, signature= or retry_on=; with pool="process" it is offered at the top of the module too, '
                "not behind the main guard"
            )
        return found

    @contextlib.contextmanager
    def importing(self) -> Generator[None]:
        """Within the block the program is imported. The threads that it starts go on afterwards."""
        before = set(threading.enumerate())
        self._pid = os.getpid()
        self.is_importing = True
        try:
            yield
        finally:
            self._of_import.update(set(threading.enumerate()) - before)
            self.is_importing = False

    @contextlib.contextmanager
    def calling(self) -> Generator[None]:
        """Within the block a function is called, which may do what it likes, run a worker included."""
        self._is_calling = True
        try:
            yield
        finally:
            self._is_calling = False

    def before_running(self) -> None:
        """End the import of a program that starts its worker without a main guard.

        Where that would end the import alone, and not what else the program does, this process ends.

        Raises:
            MainReached: A process of a pool is importing it.
            RuntimeError: A process of `multiprocessing` is.
        """
        is_main = threading.current_thread() is threading.main_thread() and os.getpid() == self._pid
        if self.is_importing and is_main and not _in_loop():
            self.was_reached = True
            leave_at_the_next_line(self.leave, self.importer)
            raise MainReached
        self.before_serving()

    def before_serving(self) -> None:
        """The same where an exception would not end the import. Raises RuntimeError in a process of `multiprocessing`."""
        if self.is_child and (not self._is_calling or threading.current_thread() in self._of_import):
            self.leave()
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise RuntimeError(NO_GUARD)


def _in_loop() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _no_child() -> NoReturn:
    raise RuntimeError(NO_GUARD)


found = Found()
"""Those of this process."""
