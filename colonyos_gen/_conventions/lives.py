"""How workers with one key notice each other: each life of one shows itself among the software of its executor."""

from __future__ import annotations

from collections.abc import Iterable

from colonyos_gen_wire import Software

NAME = "colonyos_gen.worker.life"
"""Name of the software that is none, but a life of a worker. Its type is a word of that life's own."""


def shown(token: str, about: str) -> Software:
    """A life, as it is shown; `about` is for people, and changes while the life lasts."""
    return Software(name=NAME, type=token, version=about)


def lives_in(software: Iterable[Software]) -> dict[str, str]:
    """What is said about each life that is shown."""
    return {each.type: each.version for each in software if each.name == NAME}
