"""What people do on a server, as against anything that could be sent: requests that mostly mean something.

Each is a function that makes one request of it, or nothing when the moment is not right; `STEPS` says how often each comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from colonyos_gen_wire.method import Via
from colonyos_gen_wire.methods import METHODS

from .drawing import Drawing, Json
from .people import People


@dataclass(frozen=True)
class Shot:
    """A request, and who signs it."""

    signer: str
    msgtype: str
    payload: Json
    payloadtype: str = ""
    """In the envelope, if it is another one."""


class Steps:
    """Makes the next request.

    Args:
        dice: What decides.
        people: Who takes part, and what there is.
    """

    def __init__(self, dice: Random, people: People) -> None:
        self._dice = dice
        self._people = people
        self._drawing = Drawing(dice, people.known)
        self._any = [
            name for name, method in METHODS.items() if method.transport is Via.HTTP and name not in _NEVER
        ]

    def next(self) -> Shot:
        """The next request: mostly one that means something, else any."""
        dice = self._dice
        if dice.random() < 0.55:
            made = dice.choices([step for step, _ in STEPS], [weight for _, weight in STEPS])[0](self)
            if made is not None:
                return made
        msgtype = dice.choice(self._any)
        payload = self._drawing.valid(msgtype)
        if dice.random() < 0.3:
            payload = self._drawing.flawed(payload)
        signer = self._people.signer(METHODS[msgtype].roles)
        other = dice.choice(self._any) if dice.random() < 0.01 else ""
        return Shot(signer, msgtype, payload, other)

    def beginning(self) -> list[Shot]:
        """What every conversation begins with: two colonies, and who lives there."""
        people, made = self._people, list[Shot]()
        for name, owner in ((people.colony, "owner"), (people.other, "other owner")):
            colony = {"colonyid": people.keys[owner].id, "name": name}
            made.append(Shot("server", "addcolonymsg", _of("addcolonymsg", colony=colony)))
        for key, owner, colony in (
            ("worker", "owner", people.colony),
            ("second", "owner", people.colony),
            ("pending", "owner", people.colony),
            ("other worker", "other owner", people.other),
        ):
            row = {
                "executorname": key,
                "executorid": people.keys[key].id,
                "executortype": people.type,
                "colonyname": colony,
                "locationname": self._dice.choice(["", "hall"]),
            }
            made.append(Shot(owner, "addexecutormsg", _of("addexecutormsg", executor=row)))
            if key != "pending":
                approve = _of("approveexecutormsg", colonyname=colony, executorname=key)
                made.append(Shot(owner, "approveexecutormsg", approve))
        user = {"colonyname": people.colony, "userid": people.keys["user"].id, "name": "ada"}
        made.append(Shot("owner", "addusermsg", _of("addusermsg", user=user)))
        return made

    def spec(self, *, of_node: bool = False) -> Json:
        """A function that the workers of the colony can take, nearly always."""
        people, dice = self._people, self._dice
        drawn = self._drawing.of_type("FunctionSpecToSend", "process") if dice.random() < 0.4 else {}
        plain: Json = {
            "funcname": dice.choice(["f", "g"]),
            "maxexectime": -1,
            "maxwaittime": -1,
            "maxretries": dice.choice([-1, 0, 3]),
        }
        spec: Json = {**self._drawing.of_type("FunctionSpec", "process"), **drawn, **plain}
        if dice.random() < 0.6:
            spec = {**plain, "args": dice.choice([None, [], [1.0, "a"], [{"a": None}]])}
        conditions: Json = {"colonyname": people.colony, "executortype": people.type}
        if dice.random() < 0.3:
            conditions = {**self._drawing.of_type("Conditions", "process"), **conditions}
            if not of_node:
                conditions["dependencies"] = []
        if dice.random() < 0.3:
            spec["channels"] = ["c"]
        if dice.random() < 0.3:
            spec["env"] = {"A": "1", "B": dice.choice(["", "é"])}
        return {**spec, "conditions": conditions}

    def workflow(self) -> Json:
        """A workflow of a few nodes, each of which may wait for earlier ones."""
        names = ["one", "two", "three", "four"][: self._dice.randint(1, 4)]
        nodes: list[Json] = []
        for index, name in enumerate(names):
            node = {**self.spec(of_node=True), "nodename": name}
            parents = [each for each in names[:index] if self._dice.random() < 0.6]
            node["conditions"] = {**node["conditions"], "dependencies": parents}
            nodes.append(node)
        return {"colonyname": self._people.colony, "functionspecs": nodes}

    def member(self) -> str:
        """Somebody who may do most things."""
        return self._dice.choice(["worker", "second", "user"])

    def of_running(self, msgtype: str, **fields: Any) -> Shot | None:
        """A request of the executor of a process that runs."""
        running = self._people.running
        if not running:
            return None
        processid = self._dice.choice(list(running))
        signer = running[processid] if self._dice.random() < 0.9 else self.member()
        return Shot(signer, msgtype, _of(msgtype, processid=processid, **fields))

    def known(self, field: str) -> Any:
        """A value of a field that means something, or an empty text."""
        values = self._people.known.get(field)
        return self._dice.choice(values) if values else ""

    @property
    def dice(self) -> Random:
        """What decides."""
        return self._dice

    @property
    def colony(self) -> str:
        """The colony that it is mostly about."""
        return self._people.colony

    @property
    def drawing(self) -> Drawing:
        """What draws values from the schema."""
        return self._drawing


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
_NEVER = frozenset(("changeserveridmsg",))
"""Nobody else could be the owner of the server afterwards."""


def _of(msgtype: str, **fields: Any) -> Json:
    return {"msgtype": msgtype, **fields}


def _submit(at: Steps) -> Shot:
    return Shot(at.member(), "submitfuncspecmsg", _of("submitfuncspecmsg", spec=at.spec()))


def _assign(at: Steps) -> Shot:
    fields = _of("assignprocessmsg", colonyname=at.colony, timeout=-1)
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
    made = at.of_running("addattributemsg")
    if made is None:
        return None
    attribute = {
        "targetid": made.payload["processid"],
        "targetcolonyname": at.colony,
        "key": at.dice.choice(["k", "l", "m"]),
        "value": at.dice.choice(["", "v"]),
        "attributetype": at.dice.choice([0, 1, 2, 3, 7]),
    }
    return Shot(made.signer, made.msgtype, _of(made.msgtype, attribute=attribute))


def _child(at: Steps) -> Shot | None:
    made = at.of_running("addchildmsg")
    if made is None:
        return None
    spec = {**at.spec(), "nodename": f"child{at.dice.randrange(1000)}"}
    fields: Json = {
        "parentprocessid": made.payload["processid"],
        "spec": spec,
        "insert": at.dice.random() < 0.3,
    }
    fields["processgraphid"] = at.known("processgraphid") if at.dice.random() < 0.7 else ""
    return Shot(made.signer, made.msgtype, _of(made.msgtype, **fields))


def _workflow(at: Steps) -> Shot:
    return Shot(at.member(), "submitworkflowspecmsg", _of("submitworkflowspecmsg", spec=at.workflow()))


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
    return Shot(at.member(), msgtype, _of(msgtype, **fields))


def _list(at: Steps) -> Shot:
    """Everything of a kind that there is in the colony."""
    msgtype = at.dice.choice(_LISTS)
    fields: Json = {"colonyname": at.colony, "namespace": at.colony, "count": 50}
    if msgtype == "getprocesshistmsg":
        fields |= {"seconds": 1000, "state": at.dice.randrange(5)}
    return Shot(at.member(), msgtype, _of(msgtype, **fields))


def _logs(at: Steps) -> Shot:
    fields: Json = {
        "colonyname": at.colony,
        "processid": at.known("processid"),
        "count": at.dice.choice([1, 2, 100]),
    }
    if at.dice.random() < 0.3:
        fields |= {"executorname": "worker"}
    fields |= {"latest": at.dice.random() < 0.4, "since": at.dice.choice([0, at.known("since") or 0])}
    return Shot(at.member(), "getlogsmsg", _of("getlogsmsg", **fields))


def _file(at: Steps) -> Shot:
    row = {**at.drawing.of_type("FileToSend", "file"), "colonyname": at.colony}
    return Shot(at.member(), "addfilemsg", _of("addfilemsg", file=row))


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
    return Shot(at.member(), "addcronmsg", _of("addcronmsg", cron=cron))


def _run_cron(at: Steps) -> Shot | None:
    cronid = at.known("cronid")
    return Shot(at.member(), "runcronmsg", _of("runcronmsg", cronid=cronid)) if cronid else None


def _generator(at: Steps) -> Shot:
    generator: Json = {
        "colonyname": at.colony,
        "name": at.dice.choice(["first", "next", "later"]),
        "workflowspec": json.dumps(at.workflow()),
        "trigger": at.dice.choice([2, 50]),
        "timeout": -1,
    }
    return Shot(at.member(), "addgeneratormsg", _of("addgeneratormsg", generator=generator))


def _pack(at: Steps) -> Shot | None:
    fields = {"generatorid": at.known("generatorid"), "arg": at.dice.choice(["", "x", "é"])}
    return (
        Shot(at.member(), "packgeneratormsg", _of("packgeneratormsg", **fields))
        if fields["generatorid"]
        else None
    )


def _definition(at: Steps) -> Shot:
    handler = {
        "executorType": at.known("executortype"),
        "functionName": at.dice.choice(["light", "light", ""]),
    }
    spec: Json = {"names": {"kind": at.dice.choice(["Lamp", "Lamp", "Desk"])}, "handler": handler}
    if at.dice.random() < 0.3:
        spec["schema"] = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
    metadata = {"name": at.dice.choice(["lamp", "desk"]), "colonyname": at.colony}
    definition = {"metadata": metadata, "spec": spec, "kind": at.dice.choice(["", "X"])}
    return Shot(
        "owner", "addblueprintdefinitionmsg", _of("addblueprintdefinitionmsg", blueprintdefinition=definition)
    )


def _blueprint(at: Steps) -> Shot:
    metadata = {
        "name": at.known("blueprint.name"),
        "colonyname": at.colony,
        "generation": 1,
        "locationname": "hall",
    }
    blueprint: Json = {
        "kind": "Lamp",
        "metadata": metadata,
        "spec": at.dice.choice([{"on": True}, {"on": False}, {}]),
    }
    if at.dice.random() < 0.5:
        return Shot(at.member(), "addblueprintmsg", _of("addblueprintmsg", blueprint=blueprint))
    fields = _of("updateblueprintmsg", blueprint=blueprint, forcegeneration=at.dice.random() < 0.2)
    return Shot(at.member(), "updateblueprintmsg", fields)


def _function(at: Steps) -> Shot:
    name = at.dice.choice(["worker", "second"])
    function = {"executorname": name, "colonyname": at.colony, "funcname": at.dice.choice(["f", "g"])}
    return Shot(name, "addfunctionmsg", _of("addfunctionmsg", fun=function))


def _executor(at: Steps) -> Shot:
    """An executor comes, is approved, or goes."""
    name = at.dice.choice(["pending", "new worker", "second"])
    msgtype = at.dice.choice(
        ["addexecutormsg", "approveexecutormsg", "approveexecutormsg", "removeexecutormsg"]
    )
    if msgtype != "addexecutormsg":
        return Shot("owner", msgtype, _of(msgtype, colonyname=at.colony, executorname=name))
    row = {**at.drawing.of_type("Executor", "executor"), "executorname": name, "colonyname": at.colony}
    row["executorid"] = at.known("executorid")
    return Shot("owner", msgtype, _of(msgtype, executor=row))


STEPS: list[tuple[Callable[[Steps], Shot | None], int]] = [
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
    (_definition, 2),
    (_blueprint, 4),
    (_function, 2),
    (_executor, 2),
]
"""What people do, and how often."""
