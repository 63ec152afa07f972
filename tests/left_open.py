"""What a program leaves open: connections, files, event loops that only the garbage collector finds."""

from __future__ import annotations

import contextlib
import gc
import warnings
from collections.abc import Generator


@contextlib.contextmanager
def nothing_is_left_open() -> Generator[None]:
    """Every warning until the end, of what is collected only then too, is a failure."""
    gc.collect()  # what earlier tests of this process left says it now
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []
