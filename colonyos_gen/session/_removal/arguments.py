"""What callers of removals give, checked before anything is sent."""

from __future__ import annotations

from numbers import Real

from colonyos_gen_wire import ProcessState

from colonyos_gen._arguments import is_number, known_state, refused, require_text


def require_limit(method: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is a time limit."""
    if value is not None and not (isinstance(value, Real) and is_number(value) and float(value) >= 0):
        raise refused(method, "timeout", value, "a number of seconds, 0 or more, or None for no limit")


def require_name(method: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` can be a name."""
    require_text(method, "name", value)
    if not value:
        raise refused(method, "name", value, "the name of what is to be removed")


def require_flag(method: str, argument: str, value: object) -> None:
    """Raise InvalidRequestError unless `value` is True or False: text such as "no" would count as True."""
    if not isinstance(value, bool):
        raise refused(method, argument, value, "True or False")


def optional_state(method: str, value: object) -> ProcessState | None:
    """The state that `value` stands for, None for all. Raises InvalidRequestError if there is none."""
    return None if value is None else known_state(method, value)
