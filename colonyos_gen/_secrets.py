"""Keys and passwords of a program, which are in no text that others may read."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol, cast
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 4
"""Characters of a password of ours; shorter ones would be found in every text."""
SHORTEST_OF_OTHERS = 8
"""Characters of what other programs keep in variables that are called like keys, which may be plain words."""

_CALLED_SO = re.compile(r"(KEY|PASSPHRASE|PASSWORD|PASSWD|_PWD|SECRET|TOKEN)$", re.IGNORECASE)
_WITH_PASSWORD = re.compile(r"(?:.*?://)?([^:]*):(.*)@", re.DOTALL)
_HOST = "COLONIES_SERVER_HOST"


class Key(Protocol):
    """A key whose text is a secret."""

    def hex(self) -> str:
        """The text."""
        ...


class Hidden(Mapping[str, str]):
    """Variables that may hold keys. Their values come out one by one only, and are not in the `repr`.

    Raises TypeError if they are no mapping.
    """

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        given = cast("object", variables)
        if not isinstance(given, Mapping):
            told = repr(given) if isinstance(given, int | float) else f"of type {type(given).__name__}"
            raise TypeError(
                f"environ is {told}; it must be a mapping of variables to their values, such as os.environ"
            )
        self._variables: Mapping[str, str] = variables

    def __getitem__(self, name: str) -> str:
        value = self._variables.get(name)
        if (
            value is None
        ):  # raised here, so that no frame of a mapping with a telling repr is in the traceback
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __or__(self, other: Mapping[str, str]) -> Hidden:
        return Hidden({**self._variables, **other})

    def __ror__(self, other: Mapping[str, str]) -> Hidden:
        return Hidden({**other, **self._variables})

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __repr__(self) -> str:
        return f"<{len(self)} variables>"


class Secrets:
    """What must not be told: keys that a program holds, and those of its environment.

    These are the values of variables whose names end in KEY, PASSPHRASE, PASSWORD, _PWD, SECRET or TOKEN, and the passwords
    in addresses.

    Args:
        keys: Keys, None for none.
        environ: Variables to look at, besides those of this process.
    """

    __slots__ = ("_environ", "_keys")

    def __init__(self, *keys: Key | None, environ: Mapping[str, str] | None = None) -> None:
        self._keys: tuple[Key, ...] = tuple(each for each in keys if each is not None)
        self._environ: Mapping[str, str] = {} if environ is None else environ

    def blot(self, text: str) -> str:
        """`text` with `***` for all of them, however they are written in it."""
        pattern = _pattern(
            frozenset(_found(os.environ))
            | frozenset(_found(self._environ))
            | {each.hex() for each in self._keys}
        )
        return text if pattern is None else pattern.sub("***", text)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


SECRETS = Secrets()
"""Those of the environment."""


def _found(environ: Mapping[str, str]) -> Iterator[str]:
    for name in environ:
        if _is_called_so(name):
            yield from _long_enough(name, environ.get(name, "").strip(" \t\r\n\"'`"))
        elif "@" in (value := environ.get(name, "")) and ("://" in value or name == _HOST or _is_proxy(name)):
            yield from _passwords(value)


def _long_enough(name: str, value: str) -> Iterator[str]:
    if name.startswith("COLONIES_"):
        if len(value) >= SHORTEST:
            yield value
    elif len(value) >= SHORTEST_OF_OTHERS and not value.startswith(("/", "~")):  # the path of a file with one
        yield value


def _passwords(address: str) -> Iterator[str]:
    if (found := _WITH_PASSWORD.match(address)) is None or len(found[2]) < SHORTEST:
        return
    yield found[2]
    yield unquote(found[2])
    yield base64.b64encode(f"{unquote(found[1])}:{unquote(found[2])}".encode()).decode()


@lru_cache(maxsize=1024)
def _is_called_so(name: str) -> bool:
    return _CALLED_SO.search(name) is not None


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")


@lru_cache(maxsize=16)
def _pattern(texts: frozenset[str]) -> re.Pattern[str] | None:
    written = {form for text in texts for form in _forms(text)}
    if not written:
        return None
    # The longest first, so that of one that another one begins with nothing is left. Digits of keys count in either case.
    return re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))), re.IGNORECASE)


def _forms(text: str) -> set[str]:
    """How it stands in texts, in those that Python or JSON writes and in addresses too."""
    return {
        text,
        repr(text)[1:-1],
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text, ""),
        quote(text),
        quote_plus(text),
    }
