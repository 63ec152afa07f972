"""An exception of a user's function, as the error texts of its process."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

FRAMES = 8
"""Frames that a traceback shows, the innermost ones."""
LONGEST = 4000
"""Characters of one error text."""

_OURS = str(Path(__file__).parent.parent)
_HANDING_ON = (
    str(Path(__file__).parents[2] / "_call/intercepting.py"),
    str(Path(__file__).parents[2] / "_call/apart.py"),
    str(Path(__file__).with_name("own_calls.py")),
)
"""Files with nothing but what stands between a call and its interceptors."""
_MACHINERY = ("concurrent.futures", "asyncio")


class FailedElsewhere(Exception):
    """What a function raised in another process: the texts that were made there."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(texts[0])
        self.texts: list[str] = texts


def error_texts(error: BaseException, secrets: Iterable[str] = ()) -> list[str]:
    """What went wrong in one line, and a short traceback; the latter begins in the user's code.

    No values of variables are in it, and `secrets` are blotted out wherever the message quotes them.
    """
    texts = error.texts if isinstance(error, FailedElsewhere) else [_headline(error), _traceback(error)]
    return [plain_text(text, secrets) for text in texts if text]


def plain_text(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` as the server can store it: no NUL, no half characters, not too long, and without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    if len(text) > LONGEST:
        half = LONGEST // 2
        text = f"{text[:half]}\n… {len(text) - LONGEST} characters left out …\n{text[-half:]}"
    return text


def _headline(error: BaseException) -> str:
    try:
        message = str(error)
    except BaseException:  # whatever the __str__ of a user's exception raises
        message = "(its message cannot be shown)"
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _traceback(error: BaseException) -> str:
    found = traceback.extract_tb(_first_of_user(error.__traceback__))
    shown = [each for each in found if each.filename not in _HANDING_ON]
    lines = traceback.format_list(shown[-FRAMES:])
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        lines.append(f"because of {_headline(cause)}\n")
    return "".join(lines).rstrip()


def _first_of_user(frame: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame on that is not of the worker or of what runs threads and tasks."""
    while frame is not None:
        code = frame.tb_frame.f_code
        module = frame.tb_frame.f_globals.get("__name__", "")
        ours = code.co_filename.startswith(_OURS) or code.co_filename in _HANDING_ON
        if not ours and not module.startswith(_MACHINERY):
            break
        frame = frame.tb_next
    return frame
