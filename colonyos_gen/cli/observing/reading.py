"""Everything that only reads in a colony that somebody works in, as far as the keys reach."""

from __future__ import annotations

from typing import Any

from colonyos_gen_wire.method import Signer

from colonyos_gen.cli.observing.asking import Asker

_FEW = 10
"""How many of a kind are listed, and looked at one by one."""
_ALL_STATES = (0, 1, 2, 3, 4)
_HISTORY_S = 3600


async def read_server(asker: Asker, server_key: Signer | None) -> None:
    """What a server says of itself."""
    await asker.attempt("versionmsg", None, buildversion="", buildtime="")
    await asker.attempt("getserverinfomsg", None)
    if server_key is not None:
        await asker.attempt("getclustermsg", server_key)
        await asker.attempt("getstatisticsmsg", server_key)
        await asker.attempt("getcoloniesmsg", server_key)


async def read_colony(asker: Asker, colonyname: str, keys: list[Signer]) -> None:
    """What the first of the keys that may can read in a colony. One request at a time, as others work there."""
    await _Reader(asker, colonyname, keys).read()


class _Reader:
    def __init__(self, asker: Asker, colonyname: str, keys: list[Signer]) -> None:
        self._asker = asker
        self._colonyname = colonyname
        self._keys = keys

    async def read(self) -> None:
        name = self._colonyname
        await self._ask("getcolonymsg", colonyname=name)
        for executor in await self._few("getexecutorsmsg", colonyname=name):
            executorname, executorid = text_in(executor, "executorname"), text_in(executor, "executorid")
            await self._ask("getexecutormsg", colonyname=name, executorname=executorname)
            await self._ask("getexecutorbyidmsg", colonyname=name, executorid=executorid)
            await self._ask("getfunctionsmsg", colonyname=name, executorname=executorname)
            await self._ask("getlogsmsg", colonyname=name, executorname=executorname, count=_FEW, latest=True)
        await self._ask("getfunctionsmsg", colonyname=name, executorname="")
        for user in await self._few("getusersmsg", colonyname=name):
            await self._ask("getusermsg", colonyname=name, name=text_in(user, "name"))
            await self._ask("getuserbyidmsg", colonyname=name, userid=text_in(user, "userid"))
        await self._ask("getcolonystatsmsg", colonyname=name)
        await self._ask("getpausestatusmsg", colonyname=name)
        await self._processes()
        await self._workflows()
        await self._rest()

    async def _processes(self) -> None:
        name = self._colonyname
        for state in _ALL_STATES:
            found = await self._few("getprocessesmsg", colonyname=name, count=_FEW, state=state)
            for process in found[:3]:
                processid = text_in(process, "processid")
                await self._ask("getprocessmsg", processid=processid)
                await self._ask("getlogsmsg", colonyname=name, processid=processid, count=_FEW)
                attributes = process.get("attributes") if isinstance(process, dict) else None
                for attribute in list_in(attributes)[:1]:
                    await self._ask("getattributemsg", attributeid=text_in(attribute, "attributeid"))
            seconds = {"colonyname": name, "executorid": "", "seconds": _HISTORY_S, "state": state}
            await self._ask("getprocesshistmsg", **seconds)
        await self._ask("searchlogsmsg", colonyname=name, text="a", days=1, count=_FEW)

    async def _workflows(self) -> None:
        name = self._colonyname
        for state in _ALL_STATES:
            for graph in await self._few("getprocessgraphsmsg", colonyname=name, count=_FEW, state=state):
                await self._ask("getprocessgraphmsg", processgraphid=text_in(graph, "processgraphid"))
        for cron in await self._few("getcronsmsg", colonyname=name, count=_FEW):
            await self._ask("getcronmsg", cronid=text_in(cron, "cronid"))
        for generator in await self._few("getgeneratorsmsg", colonyname=name, count=_FEW):
            await self._ask("getgeneratormsg", generatorid=text_in(generator, "generatorid"))
            generatorname = text_in(generator, "name")
            await self._ask("resolvegeneratormsg", colonyname=name, generatorname=generatorname)

    async def _rest(self) -> None:
        name = self._colonyname
        for label in await self._few("getfilelabelsmsg", colonyname=name, name="/", exact=False):
            for file in await self._few("getfilesmsg", colonyname=name, label=text_in(label, "name")):
                await self._ask("getfilemsg", colonyname=name, fileid=text_in(file, "fileid"), latest=False)
        for snapshot in await self._few("getsnapshotsmsg", colonyname=name):
            await self._ask("getsnapshotmsg", colonyname=name, snapshotid=text_in(snapshot, "snapshotid"))
        for location in await self._few("getlocationsmsg", colonyname=name):
            await self._ask("getlocationmsg", colonyname=name, name=text_in(location, "name"))
        for definition in await self._few("getblueprintdefinitionsmsg", colonyname=name):
            metadata = definition.get("metadata") if isinstance(definition, dict) else None
            await self._ask("getblueprintdefinitionmsg", colonyname=name, name=text_in(metadata, "name"))
        for blueprint in await self._few("getblueprintsmsg", namespace=name, kind="", locationname=""):
            metadata = blueprint.get("metadata") if isinstance(blueprint, dict) else None
            await self._ask("getblueprintmsg", namespace=name, name=text_in(metadata, "name"))
            blueprintid = text_in(blueprint, "blueprintid")
            await self._ask("getblueprinthistorymsg", blueprintid=blueprintid, limit=_FEW)

    async def _few(self, msgtype: str, **fields: Any) -> list[Any]:
        return list_in(await self._ask(msgtype, **fields))[:_FEW]

    async def _ask(self, msgtype: str, **fields: Any) -> Any:
        for key in self._keys:
            answer = await self._asker.attempt(msgtype, key, **fields)
            if answer is not None:
                return answer
        return None


def list_in(value: Any) -> list[Any]:
    """`value`, or an empty list if it is none."""
    return value if isinstance(value, list) else []


def text_in(value: Any, key: str) -> str:
    """The text under a key of an object; empty if there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
