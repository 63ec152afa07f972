"""One conversation with two servers: requests go to the embedded one first, and to the other unless that would harm it."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from random import Random
from typing import Any, cast

from colonyos_gen_wire.constants import FAILED, RUNNING, WAITING
from colonyos_gen_wire.methods import METHODS

from .comparison import Answer, Comparison, opened
from .deeds import DEEDS
from .edges import EDGES
from .excuses import CHANGES
from .peers import Pair
from .people import KEYS, People
from .probing import probed, spoilt
from .steps import Shot, Steps
from .tally import Tally

_SETTLE_S = 3.5
"""After this, each server has looked at short deadlines and full generators, and what that leads to has happened."""
_SHORT_S = 10
_CUT = ("getcronsmsg", "getgeneratorsmsg")
"""Lists that the real server reads without an order: it is chance which of them come if not all do."""
_ENOUGH = 100
OK = 200
MOST_CHANGES = 40
"""Of identities in a run: each keeps one of the 100 connections that a real server has to its database."""


class Budget:
    """What is sent to a real server only so often."""

    def __init__(self) -> None:
        self.changes = 0

    def allows(self, msgtype: str) -> bool:
        """Whether one more of these may be sent."""
        if msgtype not in CHANGES:
            return True
        self.changes += 1
        return self.changes <= MOST_CHANGES


class Conversation:
    """Sends requests to both servers, and counts how the answers compare.

    Args:
        pair: The servers. The embedded one is new.
        seed: What decides about everything.
        tag: What the names of this conversation begin with; nobody else on the server has such names.
        tally: Where the exchanges are counted.
        budget: What the real server bears.
    """

    def __init__(self, pair: Pair, seed: int, tag: str, tally: Tally, budget: Budget) -> None:
        dice = Random(seed)
        self._pair = pair
        self._seed = seed
        self._tally = tally
        self._budget = budget
        self._people = People(dice, pair.server_key, tag)
        self._steps = Steps(dice, self._people, [*DEEDS, *EDGES])
        ids = {key.id for key in self._people.keys.values()} | {"0" * 64}
        self._comparison = Comparison(ids, zone_is_ours=pair.zone_is_ours)
        self._tag = tag
        self._count = 0
        self._over = False
        """Whether it is chance from here on what the real server has."""
        self._baseline: dict[str, int] = {}
        self.different = 0
        """Exchanges that were different without an excuse."""

    async def hold(self, exchanges: int) -> None:
        """Send so many requests, and clear up on the real server."""
        try:
            await self._talk(exchanges)
        finally:
            await self._leave()

    async def _talk(self, exchanges: int) -> None:
        asked = self._body("server", "getstatisticsmsg", {"msgtype": "getstatisticsmsg"}, there=True)
        self._baseline = cast("dict[str, int]", opened(await self._pair.real.ask(asked)))
        for shot in self._steps.beginning():
            await self.exchange(shot)
        while self._count < exchanges and not self._over:
            await self.exchange(self._steps.next())

    async def probe(self, exchanges: int) -> None:
        """Send so many requests as `hold` does, then every message by everybody and with every field gone wrong."""
        try:
            await self._talk(exchanges)
            for msgtype in probed():
                for signer in KEYS:
                    await self.exchange(Shot(signer, msgtype, self._steps.drawing.valid(msgtype)))
                signer = self._people.signer(METHODS[msgtype].roles)
                for payload in spoilt(self._steps.drawing.valid(msgtype)):
                    await self.exchange(Shot(signer, msgtype, payload))
        finally:
            await self._leave()

    async def exchange(self, shot: Shot) -> None:
        """Send one request to both, and compare."""
        ours, msgtype = self._pair.ours, shot.payloadtype or shot.msgtype
        if msgtype in _CUT and type(shot.payload.get("count")) is int and 0 < shot.payload["count"] < _ENOUGH:
            shot = replace(shot, payload={**shot.payload, "count": _ENOUGH})
        if not self._budget.allows(msgtype):
            return
        before = ours.noticed
        mine = await ours.ask(self._body(shot.signer, msgtype, shot.payload))
        outsider = msgtype == "runcronmsg" and mine.status == 403  # on the real server it runs all the same
        if ours.noticed != before or outsider:
            self._tally.hazards[msgtype] += 1
            # What is refused here because of its nodes has left a workflow behind all the same, which is not there.
            self._over |= msgtype == "submitworkflowspecmsg"
            return
        # Some of the nodes are stored then, in no order.
        self._over |= b"failed to add process" in _text(mine)
        body = self._body(shot.signer, msgtype, shot.payload, there=True)
        real = await self._pair.real.ask(body)
        self._count += 1
        differences = list(
            self._comparison.differences(
                msgtype,
                self._ours_only(msgtype, real, self._baseline),
                self._ours_only(msgtype, mine, {}),
            )
        )
        about = (
            f"seed {self._seed}, exchange {self._count}, by {shot.signer}: {json.dumps(shot.payload)[:1500]}"
        )
        if self._tally.count(msgtype, differences, refused=mine.status != 200, about=about):
            self.different += 1
        if mine.status == 200:
            payload = opened(mine)
            self._people.learn(payload)
            self._follow(shot, payload)
            if self._is_short_lived(shot, payload):
                await asyncio.sleep(_SETTLE_S)

    def _body(self, signer: str, payloadtype: str, payload: Any, *, there: bool = False) -> bytes:
        text = json.dumps(payload)
        if there:
            text = self._comparison.there(text)
        encoded = base64.b64encode(text.encode()).decode()
        signature = self._people.keys[signer].sign(encoded)
        return json.dumps({"payloadtype": payloadtype, "payload": encoded, "signature": signature}).encode()

    def _ours_only(self, msgtype: str, answer: Answer, baseline: dict[str, int]) -> Answer:
        """`answer` without what others have on the same server."""
        if answer.status != 200 or msgtype not in ("getcoloniesmsg", "getstatisticsmsg"):
            return answer
        payload = opened(answer)
        if isinstance(payload, list):
            listed = cast("list[dict[str, Any]]", payload)
            payload = [each for each in listed if each["name"].startswith(self._tag)]
        elif isinstance(payload, dict):
            counts = cast("dict[str, int]", payload)
            payload = {name: count - baseline.get(name, 0) for name, count in counts.items()}
        envelope = json.loads(answer.body)
        envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
        return Answer(answer.status, json.dumps(envelope).encode())

    def _follow(self, shot: Shot, payload: Any) -> None:
        """Remember who works on what."""
        running = self._people.running
        if shot.msgtype == "assignprocessmsg" and isinstance(payload, dict):
            running[cast("dict[str, str]", payload)["processid"]] = shot.signer
            # Those of the past are of use as well: they are refused.
            while len(running) > 6:
                del running[next(iter(running))]
        elif shot.msgtype in ("closesuccessfulmsg", "closefailedmsg") and self._steps.dice.random() < 0.8:
            running.pop(shot.payload.get("processid", ""), None)

    def _is_short_lived(self, shot: Shot, payload: Any) -> bool:
        """Whether something happens by itself soon, at different moments on the two servers."""
        if shot.msgtype == "packgeneratormsg":
            return self._is_full(shot.payload.get("generatorid"))
        if shot.msgtype in (
            "submitfuncspecmsg",
            "submitworkflowspecmsg",
            "assignprocessmsg",
            "runcronmsg",
            "addchildmsg",
        ):
            return any(_is_short(spec) for spec in _specs(shot.payload, payload))
        return False

    def _is_full(self, generatorid: Any) -> bool:
        records = self._pair.ours.server._records  # pyright: ignore[reportPrivateUsage]
        generator = records.generators.get(str(generatorid))
        return (
            generator is not None
            and records.packed_of_generator.count(generator.generatorid) >= generator.trigger
        )

    async def _leave(self) -> None:
        """Let everything on the real server end, and remove the colonies."""
        records = self._pair.ours.server._records  # pyright: ignore[reportPrivateUsage]
        for graph in [each for each in records.processgraphs if each.state in (WAITING, RUNNING, FAILED)]:
            await self._clear("cancelprocessgraphmsg", graph.colonyname, processgraphid=graph.processgraphid)
        for process in [each for each in records.processes if each.state in (WAITING, RUNNING)]:
            colonyname = process.spec.conditions.colonyname
            await self._clear("cancelprocessmsg", colonyname, processid=process.processid)
        for blueprint in list(records.blueprints):
            place = blueprint.metadata
            await self._clear(
                "removeblueprintmsg", place.colonyname, namespace=place.colonyname, name=place.name
            )
        for definition in list(records.definitions):
            place = definition.metadata
            fields = {"namespace": place.colonyname, "name": place.name}
            await self._clear("removeblueprintdefinitionmsg", place.colonyname, **fields)
        for name in [colony.name for colony in records.colonies]:
            await self._clear("resumeassignmentsmsg", name)
            request = {"msgtype": "removecolonymsg", "colonyname": name}
            await self._pair.real.ask(self._body("server", "removecolonymsg", request, there=True))

    async def _clear(self, msgtype: str, colonyname: str, **fields: str) -> None:
        """Send a request to the real server as everybody in turn, until somebody may."""
        for signer in ("user", "worker", "owner", "other worker", "other owner"):
            request = {"msgtype": msgtype, "colonyname": colonyname, **fields}
            answer = await self._pair.real.ask(self._body(signer, msgtype, request, there=True))
            if answer.status not in (400, 403):
                return


def _text(answer: Answer) -> bytes:
    return json.dumps(opened(answer)).encode() if answer.status != OK and answer.body else b""


def _specs(sent: Any, payload: Any) -> list[dict[str, Any]]:
    """The function specifications in a request and its reply."""
    found: list[dict[str, Any]] = []
    for each in (sent, payload):
        if isinstance(each, dict):
            entries = cast("dict[str, Any]", each)
            if "maxexectime" in entries or "maxwaittime" in entries or "funcname" in entries:
                found.append(entries)
            for inner in entries.values():
                found += _specs(inner, None)
        elif isinstance(each, list):
            listed: list[Any] = each  # pyright: ignore[reportUnknownVariableType]
            for inner in listed:
                found += _specs(inner, None)
    return found


def _is_short(spec: dict[str, Any]) -> bool:
    """Whether a limit of a function passes soon."""
    execution, wait = spec.get("maxexectime", 0), spec.get("maxwaittime", 0)
    return any(
        isinstance(limit, int | float) and limit not in (-1, *unlimited) and limit < _SHORT_S
        for limit, unlimited in ((execution, ()), (wait, (0,)))
    )
