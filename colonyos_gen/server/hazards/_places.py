"""What a request is about: a process, a workflow, a generator or a cron, and the colony that this is in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from colonyos_gen.server._store.records import Records, colony_of

_DEPTH = 2
"""Objects around the name of a colony."""


class Place(NamedTuple):
    """The id of what a request is about, and the name of its colony; empty texts where there is none."""

    subject: str
    colonyname: str


def place_of(records: Records, request: Any) -> Place:
    """Where `request` belongs, as far as it or the tables of the server tell."""
    find_subject, find_colony = _finders(request.__class__)
    subject = find_subject(request)
    return Place(subject, _colony_of(records, subject) or find_colony(request))


def _colony_of(records: Records, subject: str) -> str:
    if not subject:
        return ""
    if (process := records.processes.get(subject)) is not None:
        return colony_of(process)
    row = records.processgraphs.get(subject) or records.generators.get(subject) or records.crons.get(subject)
    return "" if row is None else row.colonyname


_Finder = Callable[[Any], str]


def _nothing(request: Any) -> str:  # noqa: ARG001
    return ""


@cache
def _finders(kind: type[msgspec.Struct]) -> tuple[_Finder, _Finder]:
    subjects = [name for name in _SUBJECTS if name in kind.__struct_fields__]
    colony = _path_of_colony(kind, _DEPTH)
    return attrgetter(subjects[0]) if subjects else _nothing, attrgetter(colony) if colony else _nothing


_SUBJECTS = ("parentprocessid", "processid", "processgraphid", "generatorid", "cronid")


def _path_of_colony(kind: type[msgspec.Struct], depth: int) -> str:
    """The attributes that lead from a request to the name of its colony, with dots between them."""
    for name in ("colonyname", "colony_name"):
        if name in kind.__struct_fields__:
            return name
    if depth:
        for field in msgspec.structs.fields(kind):
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                path = _path_of_colony(field.type, depth - 1)
                if path:
                    return f"{field.name}.{path}"
    return ""
