"""What functions in processes print, where standard output is a file, as under systemd and docker."""

from __future__ import annotations

import sys
from typing import Literal, TextIO, cast

import pytest

from colonyos_gen import Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit

worker = Worker(EXECUTORTYPE, pool="process", concurrency=1, grace=1)


@worker.on_start
def begin() -> None:
    """Print at the start."""
    print("begun")


@worker.on_stop
def finish() -> None:
    """Print at the end."""
    print("finished")


@worker.function
def say(text: str, fails: bool = False) -> None:
    """Print, and end well or not."""
    print(text)
    if fails:
        raise ValueError(text)


class Odd:
    """Something in the place of standard output that cannot be flushed."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)

    def flush(self) -> None:
        """Raise what no `except Exception` catches."""
        raise SystemExit(3)


@worker.function
def replace(how: Literal["odd", "none", "closed"]) -> str:
    """Take standard output away."""
    if how == "closed":
        sys.stdout.close()
    else:
        sys.stdout = cast("TextIO", Odd() if how == "odd" else None)
    return how


@pytest.fixture(autouse=True)
def _buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


def test_what_is_printed_is_there_when_the_function_has_ended(
    colonies: LocalColony, capfd: pytest.CaptureFixture[str]
) -> None:
    with colonies.worker(worker):
        assert capfd.readouterr().out == "begun\n"
        for text, fails in (("one", False), ("two", True)):
            ended(colonies, submit(colonies, "say", text, fails))
            assert capfd.readouterr().out == f"{text}\n"
    assert capfd.readouterr().out == "finished\n"


@pytest.mark.parametrize("how", ["odd", "none", "closed"])
def test_what_cannot_be_flushed_fails_nothing(colonies: LocalColony, how: str) -> None:
    with colonies.worker(worker):
        for _ in range(2):
            assert ended(colonies, submit(colonies, "replace", how)).output == [how]
