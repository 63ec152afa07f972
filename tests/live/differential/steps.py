"""What people do on a server, as against anything that could be sent: requests that mostly mean something."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias, cast

from colonyos_gen_wire.method import Via
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import PrivateKey
from tests.server.fuzz.schema_document import Json

from .drawing import Drawing
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
        deeds: What people do, and how often.
    """

    def __init__(self, dice: Random, people: People, deeds: Sequence[tuple[Deed, int]]) -> None:
        self._dice = dice
        self._people = people
        self._deeds = deeds
        self._drawing = Drawing(dice, people.known)
        people.known["workflowspec"] = [json.dumps(self.workflow()) for _ in range(3)]
        self._any = [
            name for name, method in METHODS.items() if method.transport is Via.HTTP and name not in _NEVER
        ]

    def next(self) -> Shot:
        """The next request: mostly one that means something, else any."""
        shot = self._drawn()
        if shot.msgtype == "addexecutormsg":
            self._rename(shot.payload)
        return shot

    def _rename(self, payload: Json) -> None:
        """Give an executor an identity that no other has: it is chance which of two the real server finds first."""
        row = payload.get("executor")
        if isinstance(row, dict) and cast("Json", row).get("executorid") in self._people.executors:
            row["executorid"] = PrivateKey.generate().id
        if isinstance(row, dict):
            self._people.executors.add(str(cast("Json", row).get("executorid")))

    def _drawn(self) -> Shot:
        dice = self._dice
        if dice.random() < 0.55:
            made = dice.choices([step for step, _ in self._deeds], [weight for _, weight in self._deeds])[0](
                self
            )
            if made is not None:
                return made
        msgtype = dice.choice(self._any)
        payload = self._drawing.valid(msgtype)
        if msgtype == "submitworkflowspecmsg":
            _in_turn(payload)
        if dice.random() < 0.2:
            payload = self._drawing.flawed(payload)
        signer = self._people.signer(METHODS[msgtype].roles)
        other = dice.choice(self._any) if dice.random() < 0.01 else ""
        return Shot(signer, msgtype, payload, other)

    def beginning(self) -> list[Shot]:
        """What every conversation begins with: two colonies, and who lives there."""
        people, made = self._people, list[Shot]()
        for name, owner in ((people.colony, "owner"), (people.other, "other owner")):
            new = {"colonyid": people.keys[owner].id, "name": name}
            made.append(Shot("server", "addcolonymsg", payload_of("addcolonymsg", colony=new)))
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
            made.append(Shot(owner, "addexecutormsg", payload_of("addexecutormsg", executor=row)))
            if key != "pending":
                approve = payload_of("approveexecutormsg", colonyname=colony, executorname=key)
                made.append(Shot(owner, "approveexecutormsg", approve))
        user = {"colonyname": people.colony, "userid": people.keys["user"].id, "name": "ada"}
        made.append(Shot("owner", "addusermsg", payload_of("addusermsg", user=user)))
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
            node: Json = {**self.spec(of_node=True), "nodename": name}
            parents = [each for each in names[:index] if self._dice.random() < 0.6]
            node["conditions"] = {**node["conditions"], "dependencies": parents}
            nodes.append(node)
        workflow: Json = {"colonyname": self._people.colony, "functionspecs": nodes}
        _in_turn({"spec": workflow})
        return workflow

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
        return Shot(signer, msgtype, payload_of(msgtype, processid=processid, **fields))

    def known(self, field: str) -> Any:
        """A value of a field that means something, or an empty text."""
        values = self._people.known.get(field)
        return self._dice.choice(values) if values else ""

    def workflow_of(self, processid: str) -> str:
        """The workflow that a process belongs to, or an empty text."""
        return self._people.workflow_of.get(processid, "")

    @property
    def dice(self) -> Random:
        """What decides."""
        return self._dice

    @property
    def colony(self) -> str:
        """The colony that it is mostly about."""
        return self._people.colony

    @property
    def lamp(self) -> str:
        """The kind of most blueprints."""
        return self._people.lamp

    @property
    def drawing(self) -> Drawing:
        """What draws values from the schema."""
        return self._drawing


_NEVER = frozenset(("changeserveridmsg",))
"""Nobody else could be the owner of the server afterwards."""


def payload_of(msgtype: str, **fields: Any) -> Json:
    """A payload."""
    return {"msgtype": msgtype, **fields}


Deed: TypeAlias = Callable[[Steps], Shot | None]
"""Makes one request, or nothing when the moment is not right."""


def _in_turn(payload: Json) -> None:
    """Give each node of a workflow a priority of its own; else it would be chance which of several comes first."""
    spec: Json = payload.get("spec") or {}
    nodes: list[Json] = spec.get("functionspecs") or []
    for index, node in enumerate(nodes):
        node["priority"] = len(nodes) - index
