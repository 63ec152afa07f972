"""Functions that tell the keys of their environment."""

from __future__ import annotations

import os

from colonyos_gen import Context, Worker
from tests.worker.kit.scene import EXECUTORTYPE

worker = Worker(EXECUTORTYPE, pool="process", grace=1)


def variables() -> str:
    """What somebody shows who looks for a mistake in the settings."""
    return str({name: value for name, value in os.environ.items() if name.startswith("COLONIES_")})


@worker.function
def fails(padding: int = 0) -> None:
    """Raise an error with the keys in it."""
    raise RuntimeError("." * padding + variables())


@worker.function
def logs(ctx: Context) -> None:
    """Write them into the log."""
    ctx.log(variables())
    ctx.progress(0.5, variables())


class Telling:
    """A result that fails as it is written."""

    def tolist(self) -> None:
        """Not with this text."""
        raise RuntimeError(variables())


@worker.function
def returns() -> Telling:
    """What cannot be sent."""
    return Telling()
