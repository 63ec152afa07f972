"""An exception of a user's function, as the error texts of its process."""

from __future__ import annotations

import re
import textwrap
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from colonyos_gen._secrets import SECRETS, Secrets
from colonyos_gen._values.losses import is_a

FRAMES = 8
"""Frames that a traceback shows, the innermost ones."""
LONGEST = 4000
"""Characters of one error text."""
_HALF = LONGEST // 2
_LEFT_OUT = re.compile(r"\n… ([0-9]{1,15}) characters left out …\n")

MEMBERS = 8
"""Members of a group of exceptions that are told, and notes of one; how many more there are is told too."""
DEPTH = 3
"""Groups inside of groups whose tracebacks are told."""
CAUSES = 4
"""Exceptions that led to another which are told: the last ones, and the first."""

_OURS = str(Path(__file__).parent.parent)
_HANDING_ON = (
    str(Path(__file__).parents[2] / "_call/intercepting.py"),
    str(Path(__file__).parents[2] / "_call/apart.py"),
    str(Path(__file__).with_name("own_calls.py")),
)
"""Files with nothing but what stands between a call and its interceptors."""
_MACHINERY = ("concurrent.futures", "asyncio")


class FailedElsewhere(Exception):
    """What a function raised in another process: the texts that were made there.

    `worth_retrying` tells whether it is one of those after which the function may be tried again.
    """

    def __init__(self, texts: list[str], *, worth_retrying: bool = False) -> None:
        super().__init__(texts[0])
        self.texts: list[str] = texts
        self.worth_retrying: bool = worth_retrying


def error_texts(error: BaseException, secrets: Secrets = SECRETS) -> list[str]:
    """What went wrong in one line, and a short traceback; the latter begins in the user's code.

    No values of variables are in it, and `secrets` are blotted out wherever the message quotes them.
    """
    if isinstance(error, FailedElsewhere):
        return [plain_text(text, secrets) for text in error.texts if text]
    try:
        told = _traceback(error, 0)
    except BaseException:  # whatever a user's exceptions raise, also about what led to them
        told = ""
    texts = [_headline(error), told]
    return [plain_text(text, secrets) for text in texts if text]


def first_line(error: BaseException, secrets: Secrets = SECRETS) -> str:
    """The first of those texts."""
    text = error.texts[0] if isinstance(error, FailedElsewhere) else _headline(error)
    return plain_text(text, secrets)


def plain_text(text: str, secrets: Secrets = SECRETS) -> str:
    """`text` as the server can store it: no NUL, no half characters, not too long, and without `secrets`."""
    text = secrets.blot(text)  # before it is cut, so that of none a part remains
    text = text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else _cut(text)


def _cut(text: str) -> str:
    """Beginning and end of a text, with what is left out between them counted, also what was before, in another process."""
    marks = list(_LEFT_OUT.finditer(text))
    first, last = (marks[0].start(), marks[-1].end()) if marks else (_HALF, len(text) - _HALF)
    begin, end = text[:first][:_HALF], text[last:][-_HALF:]
    lost = len(text) - len(begin) - len(end) + sum(int(each[1]) - len(each[0]) for each in marks)
    return f"{begin}\n… {lost} characters left out …\n{end}"


def _headline(error: BaseException) -> str:
    """What it is and says, with its notes, and the members of a group."""
    text = _one_line(error)
    try:
        if is_a(error, BaseExceptionGroup):
            text += f": {_members(error)}"
    except BaseException:  # whatever a user's group of exceptions raises
        text += ": (its members cannot be shown)"
    return text


def _one_line(error: BaseException) -> str:
    name = type(error).__name__
    try:
        message = str(error)
    except BaseException as problem:  # whatever the __str__ of a user's exception raises, SystemExit included
        message = f"(its message cannot be shown: {type(problem).__name__})"
    text = f"{name}: {message}" if message else name
    try:
        notes = [str(each) for each in getattr(error, "__notes__", ())]
    except BaseException:  # as above
        notes = ["(its notes cannot be shown)"]
    return "; ".join([text, *_limited(notes, MEMBERS, "notes")])


def _members(group: Any) -> str:
    """The errors in a group, those of groups inside of it as well, each with what it came from at first."""
    found: list[str] = []
    count = 0
    ahead: list[Any] = list(group.exceptions)
    while ahead:
        error = ahead.pop(0)
        if is_a(error, BaseExceptionGroup):
            ahead[:0] = error.exceptions
            continue
        count += 1
        if count <= MEMBERS:
            causes = _causes(error)
            found.append(_one_line(error) + (f" (because of {_one_line(causes[-1])})" if causes else ""))
    if count > MEMBERS:
        found.append(f"and {count - MEMBERS} more")
    return "; ".join(found)


def _limited(texts: list[str], most: int, what: str) -> list[str]:
    return texts if len(texts) <= most else [*texts[:most], f"and {len(texts) - most} more {what}"]


def _causes(error: BaseException) -> list[BaseException]:
    """What led to it, from the last to the first."""
    found: list[BaseException] = []
    seen = {id(error)}
    while True:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or id(cause) in seen:
            return found
        seen.add(id(cause))
        found.append(cause)
        error = cause


def _traceback(error: Any, depth: int) -> str:
    found = traceback.extract_tb(_first_of_user(error.__traceback__))
    shown = [each for each in found if each.filename not in _HANDING_ON]
    lines = traceback.format_list(shown[-FRAMES:])
    causes = _causes(error)
    told = [f"because of {_headline(each)}\n" for each in causes]
    if len(told) > CAUSES:
        told = [*told[: CAUSES - 1], f"(and {len(told) - CAUSES} more, until)\n", told[-1]]
    lines += told
    if is_a(error, BaseExceptionGroup) and depth < DEPTH:
        for number, each in enumerate(error.exceptions[:MEMBERS], 1):
            inner = _traceback(each, depth + 1)
            lines.append(f"{number}. {_one_line(each)}\n{textwrap.indent(inner, '  ')}\n")
        if len(error.exceptions) > MEMBERS:
            lines.append(f"and {len(error.exceptions) - MEMBERS} more\n")
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
