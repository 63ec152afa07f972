"""What people do at the edges: with blueprints, channels, crons, generators, files, logs and attributes."""

from __future__ import annotations

import json
from typing import Any

from tests.server.fuzz.schema_document import Json

from .steps import Deed, Shot, Steps, payload_of

_LABELS = ["/data", "/data/a", "/data/b", "/", "", "/data/", "data", "/Data", "/data%", "/data_"]
_PLACES = ["", "hall", "roof", "Hall"]
_SPECS: list[Any] = [{"on": True}, {"on": 1}, {}, None, {"on": True, "deep": [1.0, {"a": None}]}, []]
_BYTES: list[Any] = [None, "", "YQ==", "YQ==\n", "Y\r\nQ==", "YQ", [97, 98], [], [None], [256], "////", 5]
_MOMENTS = ["2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "0001-01-01T00:00:00Z", None]


def _anybody(at: Steps) -> str:
    return at.dice.choice(
        ["worker", "second", "user", "user", "owner", "pending", "other worker", "stranger"]
    )


def _request(at: Steps, msgtype: str, **fields: Any) -> Shot:
    return Shot(_anybody(at), msgtype, payload_of(msgtype, **fields))


def _append(at: Steps) -> Shot:
    """To a channel of any process, by anybody."""
    dice = at.dice
    fields: Json = {
        "processid": at.known("processid"),
        "name": dice.choice(["c", "c", "d", "", "C"]),
        "sequence": dice.choice([0, 1, 2, 3, -1, 2**40]),
        "payload": dice.choice(_BYTES),
    }
    if dice.random() < 0.4:
        fields |= {"inreplyto": dice.randrange(-1, 3), "payloadtype": dice.choice(["", "end", "x"])}
    return _request(at, "channelappendmsg", **fields)


def _read(at: Steps) -> Shot:
    fields = {
        "processid": at.known("processid"),
        "name": at.dice.choice(["c", "c", "d", ""]),
        "afterseq": at.dice.choice([-2, -1, 0, 1, 2, 100]),
        "limit": at.dice.choice([-1, 0, 1, 2, 100]),
    }
    return _request(at, "channelreadmsg", **fields)


def _talker(at: Steps) -> Shot:
    """A process with several channels, or one twice."""
    channels = at.dice.choice([["c", "d"], ["c", "c"], [""], [], ["a/b", "é"], [None]])
    return Shot(
        at.member(),
        "submitfuncspecmsg",
        payload_of("submitfuncspecmsg", spec={**at.spec(), "channels": channels}),
    )


def _blueprint(at: Steps) -> Json:
    dice = at.dice
    metadata: Json = {
        "name": at.known("blueprint.name"),
        "colonyname": at.colony,
        "locationname": dice.choice(_PLACES),
        "generation": dice.choice([0, 1, 7]),
    }
    if dice.random() < 0.3:
        metadata |= {"labels": dice.choice([None, {}, {"a": "b"}]), "annotations": {"c": ""}}
    blueprint: Json = {
        "kind": dice.choice([at.lamp, at.lamp, at.known("blueprint.kind"), ""]),
        "metadata": metadata,
        "spec": dice.choice(_SPECS),
    }
    if dice.random() < 0.3:
        blueprint |= {
            "status": dice.choice([None, {}, {"lit": 1.0}]),
            "blueprintid": dice.choice(["", "own"]),
        }
    return blueprint


def _change(at: Steps) -> Shot:
    """Add or change a blueprint: its place, kind or spec."""
    if at.dice.random() < 0.4:
        return _request(at, "addblueprintmsg", blueprint=_blueprint(at))
    force = at.dice.random() < 0.3
    return _request(at, "updateblueprintmsg", blueprint=_blueprint(at), forcegeneration=force)


def _look(at: Steps) -> Shot:
    """What became of blueprints."""
    dice, name = at.dice, at.known("blueprint.name")
    place: Json = {"namespace": at.colony, "name": name}
    msgtype, fields = dice.choice(
        [
            ("getblueprintmsg", place),
            ("getblueprintsmsg", {**place, "kind": at.lamp, "locationname": dice.choice(_PLACES)}),
            ("getblueprintsmsg", place),
            ("getcronsmsg", {"colonyname": at.colony, "count": 100}),
            ("getlocationsmsg", {"colonyname": at.colony}),
            ("getprocessesmsg", {"colonyname": at.colony, "count": 100, "state": 0}),
            (
                "getblueprinthistorymsg",
                {"blueprintid": at.known("blueprintid"), "limit": dice.choice([0, 1, 2, -1, 50])},
            ),
            (
                "updateblueprintstatusmsg",
                {
                    "colonyname": at.colony,
                    "blueprintname": name,
                    "status": dice.choice([None, {}, {"x": [1.0]}]),
                },
            ),
            ("reconcileblueprintmsg", {**place, "force": dice.random() < 0.5}),
            ("removeblueprintmsg", place),
            ("removeblueprintdefinitionmsg", {"namespace": at.colony, "name": dice.choice(["lamp", "desk"])}),
        ]
    )
    return _request(at, msgtype, **fields)


def _cron(at: Steps) -> Shot:
    """A cron with things in it that are the server's to say."""
    dice = at.dice
    cron: Json = {
        "colonyname": at.colony,
        "name": dice.choice(["first", "next", "later", ""]),
        "workflowspec": dice.choice([json.dumps(at.workflow()), json.dumps(at.workflow()), "{}", "", "[]"]),
        "interval": dice.choice([3600, 3600, -1, -2, 0]),
        "cronexpression": dice.choice(["0 0 0 1 1 *", "", "@yearly", "0 0 0 L * *", "x", "61 0 0 1 1 *"]),
        "random": dice.random() < 0.2,
    }
    if dice.random() < 0.3:
        # Without a moment in the future the first look comes at another moment on each server.
        cron |= {
            "nextrun": _MOMENTS[1],
            "lastrun": _MOMENTS[0],
            "prevprocessgraphid": at.known("processgraphid"),
        }
    return _request(at, "addcronmsg", cron=cron)


def _scheduled(at: Steps) -> Shot:
    """Look at crons and generators, or remove one."""
    dice = at.dice
    msgtype = dice.choice(
        ["getcronmsg", "getgeneratormsg", "resolvegeneratormsg", "removecronmsg", "removegeneratormsg"]
    )
    fields = {
        "cronid": at.known("cronid"),
        "generatorid": at.known("generatorid"),
        "colonyname": at.colony,
        "generatorname": dice.choice(["first", "next", "First"]),
    }
    return _request(at, msgtype, **fields)


def _file(at: Steps) -> Shot:
    """Files under labels that look alike: added, looked for, taken into snapshots and removed."""
    dice = at.dice
    where: Json = {
        "colonyname": at.colony,
        "label": dice.choice(_LABELS),
        "name": dice.choice(["a.txt", "b.txt", "", "A.txt"]),
    }
    stored = {
        **where,
        "size": dice.randrange(3),
        "ref": {"protocol": "s3", "s3object": {"server": "s", "port": 1}},
    }
    msgtype, fields = dice.choice(
        [
            ("addfilemsg", {"file": stored}),
            ("addfilemsg", {"file": stored}),
            ("getfilemsg", {**where, "latest": dice.random() < 0.5}),
            ("getfilesmsg", where),
            ("getfilelabelsmsg", {**where, "name": dice.choice(_LABELS), "exact": dice.random() < 0.5}),
            ("removefilemsg", where),
            ("createsnapshotmsg", {**where, "name": dice.choice(["first", "next", ""])}),
            ("getsnapshotmsg", {**where, "name": "first"}),
            ("removesnapshotmsg", {**where, "name": "next"}),
        ]
    )
    return _request(at, msgtype, **fields)


def _log(at: Steps) -> Shot:
    dice = at.dice
    name = dice.choice(["worker", "second", "Worker", ""])
    asked: list[tuple[str, Json]] = [
        ("addexecutorlogmsg", {"executorname": name, "message": dice.choice(["up", "", "é\n", "%"])}),
        (
            "searchlogsmsg",
            {
                "text": dice.choice(["", "l", "%", "_", "UP"]),
                "days": 1,
                "count": dice.choice([0, 1, 100]),
            },
        ),
        ("addlogmsg", {"processid": at.known("processid"), "message": "x" * dice.choice([0, 1, 3000])}),
    ]
    msgtype, fields = dice.choice(asked)
    return _request(at, msgtype, colonyname=at.colony, **fields)


def _attribute(at: Steps) -> Shot:
    if at.dice.random() < 0.5:
        return _request(at, "getattributemsg", attributeid=at.known("attributeid"))
    attribute = {
        "targetid": at.known("processid"),
        "key": at.dice.choice(["k", "k", "", "é"]),
        "value": at.dice.choice(["", "v", "v" * 2000]),
        "state": at.dice.choice([0, 1, 9]),
        "attributetype": at.dice.choice([0, 1, 2, 3, -1]),
        "attributeid": at.dice.choice(["", "own"]),
    }
    return _request(at, "addattributemsg", attribute=attribute)


def _memory(at: Steps) -> Shot:
    """Sizes with units in all ways to write them, but for those of which it is chance what becomes of them."""
    conditions = {
        "colonyname": at.colony,
        "executortype": at.known("executortype"),
        "mem": at.dice.choice(["1Gi", "1gi", "1GI", "1GB", "1k", "1 Gi", "-1Mi", "1.5Gi", "1B", "1Ti", "Gi"]),
        "cpu": at.dice.choice(["", "100m", "-5m", "1", "m", "1.5m"]),
    }
    spec = {**at.spec(), "conditions": conditions}
    return Shot(at.member(), "submitfuncspecmsg", payload_of("submitfuncspecmsg", spec=spec))


EDGES: list[tuple[Deed, int]] = [
    (_append, 5),
    (_read, 4),
    (_talker, 2),
    (_change, 7),
    (_look, 9),
    (_cron, 2),
    (_scheduled, 2),
    (_file, 6),
    (_log, 3),
    (_attribute, 2),
    (_memory, 2),
]
"""What people do at the edges, and how often."""
