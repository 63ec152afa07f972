"""Texts of functions in processes that are too long to be stored: what is left out is counted once, and rightly."""

from __future__ import annotations

import pytest

from colonyos_gen import Context, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker._telling.failure_text import LONGEST, plain_text
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit

worker = Worker(EXECUTORTYPE, pool="process", concurrency=1, grace=1)
HALF = LONGEST // 2


@worker.function
def tell(length: int, ctx: Context) -> None:
    """Log a long text, another one as progress, and fail with a third."""
    ctx.log("x" * length)
    ctx.progress(0.5, "y" * length)
    raise ValueError("z" * length)


def test_it_is_the_number_of_characters(colonies: LocalColony) -> None:
    length = 1_000_000
    with colonies.worker(worker):
        end = ended(colonies, submit(colonies, "tell", length))
    logs = [each.message for each in colonies.client.get_logs(colonies.name, end.processid)]
    for text, whole in (
        (logs[0], "x" * length),
        (logs[1], "[progress 50%] " + "y" * length),
        (end.errors[0], "ValueError: " + "z" * length),
    ):
        left_out = f"\n… {len(whole) - LONGEST} characters left out …\n"
        assert text == whole[:HALF] + left_out + whole[-HALF:]


@pytest.mark.parametrize("before", ["", "b" * 20, "b" * 3000])
@pytest.mark.parametrize("after", ["", "a" * 20, "a" * 3000])
def test_what_has_been_cut_may_be_part_of_another_text(before: str, after: str) -> None:
    middle = "m" * 5000
    whole = before + middle + after
    text = plain_text(before + plain_text(middle) + after)
    assert text == plain_text(whole)
    assert plain_text(text) == text


def test_what_looks_like_it_loses_nothing() -> None:
    quoted = f"\n… {'9' * 5000} characters left out …\n"  # a number that Python does not read
    assert f"… {len(quoted) - LONGEST} characters" in plain_text(quoted)
    two = "\n… 5 characters left out …\n" * 300
    text = plain_text(two)
    assert len(text) < LONGEST
    assert text.strip().startswith("… 1500 characters")
