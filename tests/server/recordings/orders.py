"""In which order things are compared that come in no particular one."""

from __future__ import annotations

import json
from typing import Any, cast

JSON = Any

UNSET = ("0000-", "0001-")
"""How times begin that are not set."""


def arranged(nodes: list[JSON]) -> list[JSON]:
    """`nodes` by name, so that those of a level have their places from left to right: they stand in random order."""
    places = sorted((node["position"]["y"], node["position"]["x"]) for node in nodes)
    levels: dict[int, list[int]] = {}
    for y, x in places:
        levels.setdefault(y, []).append(x)
    named = sorted(nodes, key=rank)
    return [
        {**node, "position": {"x": levels[node["position"]["y"]].pop(0), "y": node["position"]["y"]}}
        for node in named
    ]


def unended_last(processes: list[JSON], names: dict[str, str]) -> list[JSON]:
    """`processes` with those by name that have no end time although they have ended: nothing says which comes first."""
    unended = [each for each in processes if _has_no_end(each)]
    return [each for each in processes if not _has_no_end(each)] + sorted(
        unended, key=lambda each: (_nodename(each), names.get(each["processid"], each["processid"]))
    )


def _has_no_end(process: JSON) -> bool:
    return bool(process["state"] > 1 and process["endtime"].startswith(UNSET))


def _nodename(process: JSON) -> str:
    return str(process["spec"]["nodename"])


def id_of(item: JSON) -> str:
    """The id in an item, or the item if it is one."""
    return str(cast("dict[str, JSON]", item)["id"]) if isinstance(item, dict) else str(item)


def items(value: JSON) -> list[JSON]:
    """`value`, which is a list."""
    return cast("list[JSON]", value)


def rank(item: JSON) -> str:
    """A place in a sorted list, from what is the same in the recording and here."""
    if not isinstance(item, dict):
        return str(item)
    entry = cast("dict[str, JSON]", item)
    keys = ("name", "executorname", "funcname", "key", "attributetype", "message", "counter", "data")
    return json.dumps([entry.get(key) for key in keys])
