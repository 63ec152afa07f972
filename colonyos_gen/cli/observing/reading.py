"""Everything that only reads in a colony that somebody works in, as far as the keys reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from colonyos_gen_wire import methods as rpc
from colonyos_gen_wire.method import Method, Signer

from colonyos_gen.cli.observing.asking import Asker
from colonyos_gen.cli.observing.plain import list_in, object_in, text_in

_FEW = 10
"""How many of a kind are listed, and looked at one by one."""
_ALL_STATES = (0, 1, 2, 3, 4)
_HISTORY_S = 3600


async def read_server(asker: Asker, server_key: Signer | None) -> None:
    """What a server says of itself."""
    await asker.attempt(rpc.server.GET_VERSION, None, buildversion="", buildtime="")
    await asker.attempt(rpc.server.GET_SERVER_INFO, None)
    if server_key is not None:
        await asker.attempt(rpc.server.GET_CLUSTER, server_key)
        await asker.attempt(rpc.statistics.GET_SERVER_STATISTICS, server_key)
        await asker.attempt(rpc.colony.GET_COLONIES, server_key)


async def read_colony(asker: Asker, colonyname: str, keys: Sequence[Signer]) -> None:
    """What the first of the keys that may can read in a colony. One request at a time, as others work there."""
    await _Reader(asker, colonyname, keys).read()


class _Reader:
    def __init__(self, asker: Asker, colonyname: str, keys: Sequence[Signer]) -> None:
        self._asker = asker
        self._colonyname = colonyname
        self._keys = keys

    async def read(self) -> None:
        name = self._colonyname
        await self._ask(rpc.colony.GET_COLONY, colonyname=name)
        for executor in await self._few(rpc.executor.GET_EXECUTORS, colonyname=name):
            executorname, executorid = text_in(executor, "executorname"), text_in(executor, "executorid")
            await self._ask(rpc.executor.GET_EXECUTOR, colonyname=name, executorname=executorname)
            await self._ask(rpc.executor.GET_EXECUTOR_BY_ID, colonyname=name, executorid=executorid)
            await self._ask(rpc.function.GET_FUNCTIONS, colonyname=name, executorname=executorname)
            await self._ask(
                rpc.log.GET_LOGS, colonyname=name, executorname=executorname, count=_FEW, latest=True
            )
        await self._ask(rpc.function.GET_FUNCTIONS, colonyname=name, executorname="")
        for user in await self._few(rpc.user.GET_USERS, colonyname=name):
            await self._ask(rpc.user.GET_USER, colonyname=name, name=text_in(user, "name"))
            await self._ask(rpc.user.GET_USER_BY_ID, colonyname=name, userid=text_in(user, "userid"))
        await self._ask(rpc.statistics.GET_STATISTICS, colonyname=name)
        await self._ask(rpc.pause.GET_PAUSE_STATUS, colonyname=name)
        await self._processes()
        await self._workflows()
        await self._rest()

    async def _processes(self) -> None:
        name = self._colonyname
        for state in _ALL_STATES:
            found = await self._few(rpc.process.GET_PROCESSES, colonyname=name, count=_FEW, state=state)
            for process in found[:3]:
                processid = text_in(process, "processid")
                await self._ask(rpc.process.GET_PROCESS, processid=processid)
                await self._ask(rpc.log.GET_LOGS, colonyname=name, processid=processid, count=_FEW)
                attributes = object_in(process).get("attributes")
                for attribute in list_in(attributes)[:1]:
                    await self._ask(rpc.attribute.GET_ATTR, attributeid=text_in(attribute, "attributeid"))
            seconds = {"colonyname": name, "executorid": "", "seconds": _HISTORY_S, "state": state}
            await self._ask(rpc.process.GET_PROCESS_HISTORY, **seconds)
        await self._ask(rpc.log.SEARCH_LOGS, colonyname=name, text="a", days=1, count=_FEW)

    async def _workflows(self) -> None:
        name = self._colonyname
        for state in _ALL_STATES:
            for graph in await self._few(
                rpc.workflow.GET_PROCESSGRAPHS, colonyname=name, count=_FEW, state=state
            ):
                await self._ask(
                    rpc.workflow.GET_PROCESSGRAPH, processgraphid=text_in(graph, "processgraphid")
                )
        for cron in await self._few(rpc.cron.GET_CRONS, colonyname=name, count=_FEW):
            await self._ask(rpc.cron.GET_CRON, cronid=text_in(cron, "cronid"))
        for generator in await self._few(rpc.generator.GET_GENERATORS, colonyname=name, count=_FEW):
            await self._ask(rpc.generator.GET_GENERATOR, generatorid=text_in(generator, "generatorid"))
            generatorname = text_in(generator, "name")
            await self._ask(rpc.generator.RESOLVE_GENERATOR, colonyname=name, generatorname=generatorname)

    async def _rest(self) -> None:
        name = self._colonyname
        for label in await self._few(rpc.file.GET_FILE_LABELS, colonyname=name, name="/", exact=False):
            for file in await self._few(rpc.file.GET_FILES, colonyname=name, label=text_in(label, "name")):
                await self._ask(
                    rpc.file.GET_FILE, colonyname=name, fileid=text_in(file, "fileid"), latest=False
                )
        for snapshot in await self._few(rpc.snapshot.GET_SNAPSHOTS, colonyname=name):
            await self._ask(
                rpc.snapshot.GET_SNAPSHOT, colonyname=name, snapshotid=text_in(snapshot, "snapshotid")
            )
        for location in await self._few(rpc.location.GET_LOCATIONS, colonyname=name):
            await self._ask(rpc.location.GET_LOCATION, colonyname=name, name=text_in(location, "name"))
        for definition in await self._few(rpc.blueprint.GET_BLUEPRINT_DEFINITIONS, colonyname=name):
            metadata = object_in(definition).get("metadata")
            await self._ask(
                rpc.blueprint.GET_BLUEPRINT_DEFINITION, colonyname=name, name=text_in(metadata, "name")
            )
        for blueprint in await self._few(
            rpc.blueprint.GET_BLUEPRINTS, namespace=name, kind="", locationname=""
        ):
            metadata = object_in(blueprint).get("metadata")
            await self._ask(rpc.blueprint.GET_BLUEPRINT, namespace=name, name=text_in(metadata, "name"))
            blueprintid = text_in(blueprint, "blueprintid")
            await self._ask(rpc.blueprint.GET_BLUEPRINT_HISTORY, blueprintid=blueprintid, limit=_FEW)

    async def _few(self, method: Method[Any, Any], **fields: Any) -> list[Any]:
        return list_in(await self._ask(method, **fields))[:_FEW]

    async def _ask(self, method: Method[Any, Any], **fields: Any) -> Any:
        for key in self._keys:
            answer = await self._asker.attempt(method, key, **fields)
            if answer is not None:
                return answer
        return None
