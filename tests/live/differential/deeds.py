"""What people do on a server, each with how often it comes."""

from __future__ import annotations

import json

from tests.server.fuzz.schema_document import Json

from .steps import Deed, Shot, Steps, payload_of

_LISTS = (
    "getfunctionsmsg",
    "getexecutorsmsg",
    "getusersmsg",
    "getlocationsmsg",
    "getsnapshotsmsg",
    "getblueprintsmsg",
    "getblueprintdefinitionsmsg",
    "getcronsmsg",
    "getgeneratorsmsg",
    "getpausestatusmsg",
    "getprocesshistmsg",
)


def _submit(at: Steps) -> Shot:
    return Shot(at.member(), "submitfuncspecmsg", payload_of("submitfuncspecmsg", spec=at.spec()))


def _assign(at: Steps) -> Shot:
    fields = payload_of("assignprocessmsg", colonyname=at.colony, timeout=-1)
    return Shot(at.dice.choice(["worker", "second"]), "assignprocessmsg", fields)


def _close(at: Steps) -> Shot | None:
    output = at.dice.choice([None, [], ["done"], [1, 1.5, {"a": [None]}]])
    return at.of_running("closesuccessfulmsg", **({} if at.dice.random() < 0.1 else {"out": output}))


def _fail(at: Steps) -> Shot | None:
    return at.of_running("closefailedmsg", errors=at.dice.choice([None, [], ["no"], ["a", "b"]]))


def _set_output(at: Steps) -> Shot | None:
    return at.of_running("setoutputmsg", out=at.dice.choice([None, [], ["half"], [{"x": 1}]]))


def _log(at: Steps) -> Shot | None:
    return at.of_running("addlogmsg", message=at.dice.choice(["line", "", "é %_"]))


def _append(at: Steps) -> Shot | None:
    payload = at.dice.choice([None, "", "YQ==", "////"])
    fields = {"name": "c", "sequence": at.dice.randrange(4), "payload": payload}
    return at.of_running("channelappendmsg", **fields, payloadtype=at.dice.choice(["", "data", "end", "x"]))


def _read(at: Steps) -> Shot | None:
    limit = at.dice.choice([0, 1, 2, -1])
    return at.of_running("channelreadmsg", name="c", afterseq=at.dice.randrange(-1, 4), limit=limit)


def _attribute(at: Steps) -> Shot | None:
    shot = at.of_running("addattributemsg")
    if shot is None:
        return None
    attribute = {
        "targetid": shot.payload["processid"],
        "targetcolonyname": at.colony,
        "key": at.dice.choice(["k", "l", "m"]),
        "value": at.dice.choice(["", "v"]),
        "attributetype": at.dice.choice([0, 1, 2, 3, 7]),
    }
    return Shot(shot.signer, shot.msgtype, payload_of(shot.msgtype, attribute=attribute))


def _child(at: Steps) -> Shot | None:
    shot = at.of_running("addchildmsg")
    if shot is None:
        return None
    spec = {**at.spec(), "nodename": f"child{at.dice.randrange(1000)}"}
    fields: Json = {
        "parentprocessid": shot.payload["processid"],
        "spec": spec,
        "insert": at.dice.random() < 0.3,
    }
    fields["processgraphid"] = at.workflow_of(shot.payload["processid"])
    return Shot(shot.signer, shot.msgtype, payload_of(shot.msgtype, **fields))


def _workflow(at: Steps) -> Shot:
    return Shot(at.member(), "submitworkflowspecmsg", payload_of("submitworkflowspecmsg", spec=at.workflow()))


def _look(at: Steps) -> Shot:
    """What has become of what was done."""
    what = at.dice.choice(
        ["process", "process", "graph", "graph", "processes", "processes", "graphs", "stats"]
    )
    counted = {"colonyname": at.colony, "count": 50, "state": at.dice.randrange(5)}
    msgtype, fields = {
        "process": ("getprocessmsg", {"processid": at.known("processid")}),
        "graph": ("getprocessgraphmsg", {"processgraphid": at.known("processgraphid")}),
        "processes": ("getprocessesmsg", counted),
        "graphs": ("getprocessgraphsmsg", counted),
        "stats": ("getcolonystatsmsg", {"colonyname": at.colony}),
    }[what]
    return Shot(at.member(), msgtype, payload_of(msgtype, **fields))


def _pause(at: Steps) -> Shot:
    msgtype = at.dice.choice(["pauseassignmentsmsg", "resumeassignmentsmsg", "resumeassignmentsmsg"])
    return Shot("owner", msgtype, payload_of(msgtype, colonyname=at.colony))


def _hurry(at: Steps) -> Shot:
    """A process whose time is up soon, while it waits or runs."""
    spec = {
        **at.spec(),
        **at.dice.choice([{"maxwaittime": 1}, {"maxexectime": 1}, {"maxexectime": 1, "maxretries": 1}]),
    }
    return Shot(
        at.member(), "submitfuncspecmsg", payload_of("submitfuncspecmsg", spec={**spec, "priority": 9})
    )


def _reconcile(at: Steps) -> Shot:
    msgtype = at.dice.choice(["reconcileblueprintmsg", "removeblueprintmsg", "getblueprintmsg"])
    fields: Json = {"namespace": at.colony, "name": at.known("blueprint.name")}
    if msgtype == "reconcileblueprintmsg":
        fields["force"] = at.dice.random() < 0.3
    return Shot(at.member(), msgtype, payload_of(msgtype, **fields))


def _list(at: Steps) -> Shot:
    """Everything of a kind that there is in the colony."""
    msgtype = at.dice.choice(_LISTS)
    fields: Json = {"colonyname": at.colony, "namespace": at.colony, "count": 50}
    if msgtype == "getprocesshistmsg":
        fields |= {"seconds": 1000, "state": at.dice.randrange(5)}
    return Shot(at.member(), msgtype, payload_of(msgtype, **fields))


def _logs(at: Steps) -> Shot:
    fields: Json = {
        "colonyname": at.colony,
        "processid": at.known("processid"),
        "count": at.dice.choice([1, 2, 100]),
    }
    if at.dice.random() < 0.3:
        fields |= {"executorname": "worker"}
    fields |= {"latest": at.dice.random() < 0.4, "since": at.dice.choice([0, at.known("since") or 0])}
    return Shot(at.member(), "getlogsmsg", payload_of("getlogsmsg", **fields))


def _file(at: Steps) -> Shot:
    row = {**at.drawing.of_type("FileToSend", "file"), "colonyname": at.colony}
    return Shot(at.member(), "addfilemsg", payload_of("addfilemsg", file=row))


def _files(at: Steps) -> Shot:
    msgtype = at.dice.choice(
        ["getfilesmsg", "getfilemsg", "getfilelabelsmsg", "createsnapshotmsg", "getsnapshotmsg"]
    )
    return Shot(at.member(), msgtype, {**at.drawing.valid(msgtype), "colonyname": at.colony})


def _cron(at: Steps) -> Shot:
    cron: Json = {
        "colonyname": at.colony,
        "name": at.dice.choice(["first", "next", "later"]),
        "workflowspec": json.dumps(at.workflow()),
        "interval": at.dice.choice([3600, -1]),
        "cronexpression": at.dice.choice(["0 0 0 1 1 *", "@yearly", ""]),
        "waitforprevprocessgraph": at.dice.random() < 0.3,
    }
    return Shot(at.member(), "addcronmsg", payload_of("addcronmsg", cron=cron))


def _run_cron(at: Steps) -> Shot | None:
    cronid = at.known("cronid")
    return Shot(at.member(), "runcronmsg", payload_of("runcronmsg", cronid=cronid)) if cronid else None


def _generator(at: Steps) -> Shot:
    generator: Json = {
        "colonyname": at.colony,
        "name": at.dice.choice(["first", "next", "later"]),
        "workflowspec": json.dumps(at.workflow()),
        "trigger": at.dice.choice([2, 50]),
        "timeout": -1,
    }
    return Shot(at.member(), "addgeneratormsg", payload_of("addgeneratormsg", generator=generator))


def _pack(at: Steps) -> Shot | None:
    fields = {"generatorid": at.known("generatorid"), "arg": at.dice.choice(["", "x", "é"])}
    return (
        Shot(at.member(), "packgeneratormsg", payload_of("packgeneratormsg", **fields))
        if fields["generatorid"]
        else None
    )


def _definition(at: Steps) -> Shot:
    handler = {
        "executorType": at.known("executortype"),
        "functionName": at.dice.choice(["light", "light", ""]),
    }
    spec: Json = {"names": {"kind": at.known("blueprint.kind")}, "handler": handler}
    if at.dice.random() < 0.3:
        spec["schema"] = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
    metadata = {"name": at.dice.choice(["lamp", "desk"]), "colonyname": at.colony}
    definition = {"metadata": metadata, "spec": spec, "kind": at.dice.choice(["", "X"])}
    return Shot(
        "owner",
        "addblueprintdefinitionmsg",
        payload_of("addblueprintdefinitionmsg", blueprintdefinition=definition),
    )


def _blueprint(at: Steps) -> Shot:
    metadata = {
        "name": at.known("blueprint.name"),
        "colonyname": at.colony,
        "generation": 1,
        "locationname": "hall",
    }
    blueprint: Json = {
        "kind": at.lamp,
        "metadata": metadata,
        "spec": at.dice.choice([{"on": True}, {"on": False}, {}]),
    }
    if at.dice.random() < 0.5:
        return Shot(at.member(), "addblueprintmsg", payload_of("addblueprintmsg", blueprint=blueprint))
    fields = payload_of("updateblueprintmsg", blueprint=blueprint, forcegeneration=at.dice.random() < 0.2)
    return Shot(at.member(), "updateblueprintmsg", fields)


def _function(at: Steps) -> Shot:
    name = at.dice.choice(["worker", "second"])
    function = {"executorname": name, "colonyname": at.colony, "funcname": at.dice.choice(["f", "g"])}
    return Shot(name, "addfunctionmsg", payload_of("addfunctionmsg", fun=function))


def _executor(at: Steps) -> Shot:
    """An executor comes, is approved, or goes."""
    name = at.dice.choice(["pending", "new worker", "second"])
    msgtype = at.dice.choice(
        ["addexecutormsg", "approveexecutormsg", "approveexecutormsg", "removeexecutormsg"]
    )
    if msgtype != "addexecutormsg":
        return Shot("owner", msgtype, payload_of(msgtype, colonyname=at.colony, executorname=name))
    row = {**at.drawing.of_type("Executor", "executor"), "executorname": name, "colonyname": at.colony}
    row["executorid"] = at.known("executorid")
    return Shot("owner", msgtype, payload_of(msgtype, executor=row))


DEEDS: list[tuple[Deed, int]] = [
    (_submit, 14),
    (_assign, 18),
    (_close, 9),
    (_fail, 4),
    (_set_output, 2),
    (_log, 3),
    (_append, 3),
    (_read, 3),
    (_attribute, 3),
    (_child, 3),
    (_workflow, 6),
    (_look, 14),
    (_list, 6),
    (_logs, 3),
    (_file, 3),
    (_files, 3),
    (_cron, 2),
    (_run_cron, 2),
    (_generator, 1),
    (_pack, 2),
    (_definition, 3),
    (_blueprint, 8),
    (_function, 2),
    (_executor, 2),
    (_pause, 1),
    (_hurry, 1),
    (_reconcile, 4),
]
"""What people do, and how often."""
