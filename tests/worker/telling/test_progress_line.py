"""Lines that tell of progress."""

from __future__ import annotations

import math

import pytest

from colonyos_gen._conventions.progress import format_progress, read_progress


@pytest.mark.parametrize(
    ("fraction", "message", "line"),
    [
        (0.453, "epoch 3", "[progress 45.3%] epoch 3"),
        (0.5, "", "[progress 50%]"),
        (0, "[progress 1%]", "[progress 0%] [progress 1%]"),
        (1, "two\nlines ", "[progress 100%] two\nlines "),
    ],
)
def test_a_line_reads_back(fraction: float, message: str, line: str) -> None:
    assert format_progress(fraction, message) == line
    found = read_progress(line)
    assert found is not None
    assert found[0] == pytest.approx(fraction)
    assert found[1] == message


def test_what_lies_outside_is_brought_inside() -> None:
    assert format_progress(sum([0.1] * 11)) == "[progress 100%]"
    assert format_progress(-1e-9) == "[progress 0%]"
    assert format_progress(math.inf) == "[progress 100%]"
    with pytest.raises(ValueError, match="not a number"):
        format_progress(math.nan)


@pytest.mark.parametrize(
    "line",
    ["", "50%", "progress 50%", " [progress 50%]", "[progress %]", "[progress 101%]", "[progress 50%]done"],
)
def test_other_lines_are_no_progress(line: str) -> None:
    assert read_progress(line) is None
