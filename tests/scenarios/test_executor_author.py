"""Scenario 2: an executor with three functions."""

from __future__ import annotations

import asyncio

from colonyos_gen import Context, Worker
from colonyos_gen._conventions.progress import read_progress
from colonyos_gen.testing import LocalColony

w = Worker("math", concurrency=4)  # registers, approves, drains on SIGTERM


@w.function
def add(a: int, b: int) -> int:
    return a + b


@w.function
async def fetch(url: str, ctx: Context) -> str:
    ctx.log("get")
    return await get(url)


@w.function(name="train", timeout=3600)
def fit(lr: float, ctx: Context) -> dict[str, float]:  # noqa: ARG001
    ctx.progress(0.5)
    return {"loss": 0.1}


async def get(url: str) -> str:
    """Stands for a library that fetches pages."""
    await asyncio.sleep(0)
    return f"<h1>{url}</h1>"


def test_three_functions(colonies: LocalColony) -> None:
    with colonies.worker(w):
        assert colonies.call("add", 1, 2) == 3
        fetched = colonies.submit("fetch", "http://example.org", to="math")
        assert fetched.output(30) == "<h1>http://example.org</h1>"
        assert [each.message for each in fetched.logs()] == ["get"]
        trained = colonies.submit("train", kwargs={"lr": 0.01}, to="math")
        assert trained.output(30) == {"loss": 0.1}
        assert [read_progress(each.message) for each in trained.logs()] == [(0.5, "")]
