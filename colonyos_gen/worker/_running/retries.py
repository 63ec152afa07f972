"""How often a function is tried again within one attempt at its process, after what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from colonyos_gen._arguments import require_span, require_whole_number
from colonyos_gen.worker._running.binding import BindingError
from colonyos_gen.worker._telling.failure_text import FailedElsewhere

Errors: TypeAlias = type[BaseException] | tuple[type[BaseException], ...]
"""An exception class, or several."""

YEAR_S = 365 * 86400
LONGEST_PAUSE_S = 60.0
"""Seconds that there are at most between two tries, unless `backoff` is more."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a function is tried again, after what, and when.

    Args:
        most: How many tries there are after the first one.
        backoff: Seconds before the second try; twice as many before each further one.
        on: The exceptions after which it is worth trying.
    """

    most: int = 0
    backoff: float = 1.0
    on: Errors = Exception

    def __post_init__(self) -> None:
        require_whole_number("retries", self.most, 0)
        require_span("backoff", self.backoff, below=YEAR_S)
        kinds = self.on if isinstance(self.on, tuple) else (self.on,)
        if not kinds or not all(isinstance(each, type) and issubclass(each, BaseException) for each in kinds):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"retry_on is {self.on!r}; it must be an exception class, or a tuple of them")

    def worth(self, error: BaseException) -> bool:
        """Whether a function that raised `error` may do better at another try; arguments that do not fit never do."""
        if isinstance(error, FailedElsewhere):
            return error.worth_retrying
        return issubclass(type(error), self.on) and not issubclass(type(error), BindingError)

    def pauses(self) -> Iterator[float]:
        """The seconds before each further try."""
        pause = self.backoff
        for _ in range(self.most):
            yield pause
            pause = max(min(pause * 2, LONGEST_PAUSE_S), self.backoff)


NO_RETRIES = Retries()
