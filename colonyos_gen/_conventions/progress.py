"""Progress of a process, as a line of its log.

    [progress 45.3%] epoch 3

Every tool that shows logs can show it, and whoever waits for the process can read it back.
"""

from __future__ import annotations

import math
import re

_LINE = re.compile(r"\[progress (\d+(?:\.\d+)?)%\](?: (.*))?", re.DOTALL)


def format_progress(fraction: float, message: str = "") -> str:
    """The line that says that `fraction` of the work is done, from 0 to 1, to a tenth of a percent.

    What lies outside becomes 0 or 1, since sums of fractions are rarely exact. Raises ValueError if it is not a number.
    """
    if math.isnan(fraction):
        raise ValueError("fraction is not a number; it must be from 0 to 1")
    percent = round(min(1.0, max(0.0, fraction)) * 100, 1)
    return f"[progress {percent:g}%]" + (f" {message}" if message else "")


def read_progress(line: str) -> tuple[float, str] | None:
    """Fraction (from 0 to 1) and message of a line that `format_progress` made; None for any other line."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    percent = float(match[1])
    return (percent / 100, match[2] or "") if percent <= 100 else None
