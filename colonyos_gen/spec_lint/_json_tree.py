"""JSON with the place of everything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

_TOKEN = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^ \t\r\n{}\[\]:,"]+)', re.DOTALL)


class JsonError(ValueError):
    """The text is not JSON; `offset` is where."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass
class Node:
    """A value, and where it begins."""

    value: Any
    offset: int
    members: list[Member] = field(default_factory=list["Member"])
    """Of an object, in the order of the text, keys that are there twice included."""
    items: list[Node] = field(default_factory=list["Node"])
    """Of a list."""

    def get(self, key: str) -> Node | None:
        """The value that a reader gets which ignores the case of keys: the last one."""
        found = [member.node for member in self.members if member.key.lower() == key.lower()]
        return found[-1] if found else None


@dataclass
class Member:
    """A key of an object with its value."""

    key: str
    offset: int
    node: Node


def read_tree(text: str) -> Node:
    """The tree of `text`. Raises `JsonError`."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        tokens = _Tokens(text)
        return _node(tokens, next(tokens), value)
    except json.JSONDecodeError as error:
        problem, offset = error.msg, error.pos
    except RecursionError:
        problem, offset = "it is nested too deeply", 0
    except ValueError as error:  # a constant, or a number with thousands of digits
        problem, offset = str(error), 0
    raise JsonError(problem, offset)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both counted from 1, in characters."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class _Tokens(Iterator[tuple[str, int]]):
    def __init__(self, text: str) -> None:
        self._found = _TOKEN.finditer(text)

    def __next__(self) -> tuple[str, int]:
        match = next(self._found)
        return match[1], match.start(1)


def _node(tokens: _Tokens, first: tuple[str, int], value: Any) -> Node:
    """The value that begins with the token `first`. The text has been read before, so it is well-formed."""
    token, offset = first
    node = Node(value, offset)
    if token == "{":
        token, at = next(tokens)
        while token != "}":
            if token == ",":
                token, at = next(tokens)
            key = json.loads(token)
            next(tokens)  # the colon
            node.members.append(Member(key, at, _node(tokens, next(tokens), None)))
            token, at = next(tokens)
        node.value = {member.key: member.node.value for member in node.members}
    elif token == "[":
        following = next(tokens)
        while following[0] != "]":
            node.items.append(_node(tokens, next(tokens) if following[0] == "," else following, None))
            following = next(tokens)
        node.value = [item.value for item in node.items]
    else:
        node.value = json.loads(token)
    return node
