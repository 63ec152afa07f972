"""A worker that loses all that it runs at once."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest

from colonyos_gen import CANCELLED, Worker
from colonyos_gen.testing import LocalColony


def test_all_processes_are_cancelled(colonies: LocalColony, caplog: pytest.LogCaptureFixture) -> None:
    """Each of them is ended, and none of them with an error."""
    worker = Worker("math", concurrency=5)
    ended = threading.Semaphore(0)

    @worker.function
    async def nap() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.release()

    with caplog.at_level(logging.INFO), colonies.worker(worker):
        handles = [colonies.submit("nap", to="math") for _ in range(5)]
        for handle in handles:
            while not handle.refresh().process.assignedexecutorid:
                time.sleep(0.01)
        assert [handle.cancel() for handle in handles] == [CANCELLED] * 5
        assert all(ended.acquire(timeout=300) for _ in handles)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
