"""Every message that can be tried without harm, in a colony of our own."""

from __future__ import annotations

import asyncio
import json

from colonyos_gen_wire import methods as rpc

from colonyos_gen.cli.observing.colony import Colony
from colonyos_gen.cli.observing.plain import list_in, object_in, text_in
from colonyos_gen.cli.observing.reading import read_colony
from colonyos_gen.crypto import PrivateKey

_LISTEN_S = 3
"""Seconds for which subscriptions are asked for, and listened to."""
SUCCESS, FAILED = 2, 3
_RUNNING = 1
_LEAVER = "drift-leaver"
"""Name of a user who is there to be removed."""


async def tour(colony: Colony) -> None:
    """Make something of each kind, read it, change it, and remove it; what is refused is passed over."""
    await _members(colony)
    for scene in (
        _functions,
        _files,
        _locations,
        _blueprints,
        _processes,
        _subscriptions,
        _workflows,
        _schedules,
    ):
        await scene(colony)
    keys = [colony.user_key, colony.executor_key, colony.colony_key]
    await read_colony(colony.asker, colony.name, keys)
    await _ends(colony)


async def _members(colony: Colony) -> None:
    name = colony.name
    gpu = {"name": "gpu", "mem": "1Gi", "count": 1, "nodecount": 1}
    hardware = {
        "model": "m", "nodes": 1, "cpu": "4000m", "cores": 4, "mem": "16Gi", "storage": "10Gi", "gpu": gpu,
        "platform": "linux", "architecture": "amd64", "network": ["eth0"],
    }  # fmt: skip
    capabilities = {
        "hardware": [hardware],
        "software": [{"name": "s", "type": "t", "version": "1"}],
    }
    project = dict.fromkeys(
        ("allocatedcpu", "usedcpu", "allocatedgpu", "usedgpu", "allocatedstorage", "usedstorage"), 1
    )
    executor = {
        "executorid": colony.executor_key.id,
        "executortype": colony.executortype,
        "executorname": colony.executorname,
        "colonyname": name,
        "locationname": "here",
        "capabilities": capabilities,
        "allocations": {"projects": {"p": project}},
    }
    await colony.owner(rpc.executor.ADD_EXECUTOR, executor=executor)
    await colony.owner(rpc.executor.REJECT_EXECUTOR, colonyname=name, executorname=colony.executorname)
    await colony.owner(rpc.executor.APPROVE_EXECUTOR, colonyname=name, executorname=colony.executorname)
    user = {
        "colonyname": name, "userid": colony.user_key.id, "name": colony.username,
        "email": "drift@example.com", "phone": "1",
    }  # fmt: skip
    await colony.owner(rpc.user.ADD_USER, user=user)
    await colony.owner(rpc.user.ADD_USER, user={**user, "userid": PrivateKey.generate().id, "name": _LEAVER})
    mine = {"colonyname": name, "executorname": colony.executorname}
    await colony.executor(rpc.executor.UPDATE_EXECUTOR, **mine, capabilities=capabilities)
    await colony.executor(rpc.executor.REPORT_ALLOCATIONS, **mine, allocations={"projects": {"p": project}})
    await colony.executor(rpc.log.ADD_EXECUTOR_LOG, **mine, message="a log of the executor\n")


async def _functions(colony: Colony) -> None:
    function = {
        "executorname": colony.executorname,
        "executortype": colony.executortype,
        "colonyname": colony.name,
        "funcname": "echo",
        "description": "gives back what it gets",
        "locationname": "here",
        "args": [{"name": "a", "type": "string", "description": "anything", "required": True}],
    }
    await colony.executor(rpc.function.ADD_FUNCTION, fun=function)
    other = await colony.executor(rpc.function.ADD_FUNCTION, fun={**function, "funcname": "other"})
    await colony.executor(rpc.function.REMOVE_FUNCTION, functionid=text_in(other, "functionid"))


async def _files(colony: Colony) -> None:
    name = colony.name
    s3 = {
        "server": "s3.example.com", "port": 443, "tls": True, "accesskey": "a", "secretkey": "s", "region": "r",
        "encryptionkey": "e", "encryptionalg": "AES-256", "object": "o", "bucket": "b",
    }  # fmt: skip
    file = {
        "colonyname": name, "label": "/drift", "name": "file", "size": 10, "checksum": "c",
        "checksumalg": "SHA256", "ref": {"protocol": "s3", "s3object": s3},
    }  # fmt: skip
    await colony.member(rpc.file.ADD_FILE, file=file)
    other = await colony.member(rpc.file.ADD_FILE, file={**file, "name": "other"})
    await colony.member(
        rpc.file.GET_FILE, colonyname=name, fileid="", label="/drift", name="file", latest=True
    )
    first = await colony.member(rpc.snapshot.CREATE_SNAPSHOT, colonyname=name, label="/drift", name="first")
    await colony.member(rpc.snapshot.CREATE_SNAPSHOT, colonyname=name, label="/drift", name="second")
    await colony.member(rpc.snapshot.GET_SNAPSHOT, colonyname=name, snapshotid="", name="second")
    await colony.member(
        rpc.snapshot.REMOVE_SNAPSHOT, colonyname=name, snapshotid=text_in(first, "snapshotid"), name=""
    )
    fileid = text_in(other, "fileid")
    await colony.member(rpc.file.REMOVE_FILE, colonyname=name, fileid=fileid, label="", name="")


async def _locations(colony: Colony) -> None:
    location = {
        "colonyname": colony.name,
        "name": "here",
        "description": "a place",
        "long": 18.06,
        "lat": 59.33,
    }
    await colony.owner(rpc.location.ADD_LOCATION, location=location)
    await colony.owner(rpc.location.ADD_LOCATION, location={**location, "name": "there"})
    await colony.owner(rpc.location.REMOVE_LOCATION, colonyname=colony.name, name="there")


async def _blueprints(colony: Colony) -> None:
    name = colony.name
    kind = f"Drift{name.rpartition('-')[2].capitalize()}"
    properties = {
        "size": {"type": "integer", "description": "how large", "default": 1, "minimum": 0, "maximum": 9},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "list": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "properties": {"a": {"type": "string"}}},
    }
    definition = {
        "kind": "BlueprintDefinition",
        "metadata": {"name": kind.lower(), "colonyname": name},
        "spec": {
            "group": "example.com", "version": "v1", "scope": "Namespaced",
            "names": {
                "kind": kind, "listKind": f"{kind}List", "singular": kind.lower(),
                "plural": f"{kind.lower()}s", "shortNames": ["dr"],
            },
            "schema": {"type": "object", "properties": properties, "required": ["size"]},
            "handler": {"executorType": colony.executortype, "functionName": "reconcile"},
        },
    }  # fmt: skip
    await colony.owner(rpc.blueprint.ADD_BLUEPRINT_DEFINITION, blueprintdefinition=definition)
    metadata = {
        "name": "blue", "colonyname": name, "labels": {"a": "b"}, "annotations": {"c": "d"},
    }  # fmt: skip
    blueprint = {"kind": kind, "metadata": metadata, "spec": {"size": 1, "colour": "red"}}
    await colony.member(rpc.blueprint.ADD_BLUEPRINT, blueprint=blueprint)
    await colony.member(rpc.blueprint.UPDATE_BLUEPRINT, blueprint={**blueprint, "spec": {"size": 2}})
    await colony.member(
        rpc.blueprint.UPDATE_BLUEPRINT_STATUS, colonyname=name, blueprintname="blue", status={"ready": True}
    )
    await colony.member(rpc.blueprint.RECONCILE_BLUEPRINT, namespace=name, name="blue", force=False)
    found = await colony.member(rpc.blueprint.GET_BLUEPRINT, namespace=name, name="blue")
    await colony.member(
        rpc.blueprint.GET_BLUEPRINT_HISTORY, blueprintid=text_in(found, "blueprintid"), limit=5
    )
    await colony.run_all()  # what was asked for to reconcile it


async def _processes(colony: Colony) -> None:
    name, asker = colony.name, colony.asker
    fs = {
        "mount": "/mnt",
        "snapshots": [
            {"snapshotid": "s", "label": "/drift", "dir": "/d", "keepfiles": True, "keepsnapshot": True}
        ],
        "dirs": [
            {
                "label": "/drift", "dir": "/d", "keepfiles": True,
                "onconflicts": {
                    "onstart": {"keeplocal": True}, "onclose": {"keeplocal": True},
                },
            }
        ],
    }  # fmt: skip
    conditions = {
        "nodes": 1, "cpu": "100m", "processes": 1, "processespernode": 1, "mem": "10Mi", "walltime": 10,
        "locationname": "here",
        "gpu": {"name": "", "mem": "", "count": 0, "nodecount": 0},
    }  # fmt: skip
    await colony.owner(rpc.pause.PAUSE_ASSIGNMENTS, colonyname=name)
    await colony.member(rpc.pause.GET_PAUSE_STATUS, colonyname=name)
    await colony.owner(rpc.pause.RESUME_ASSIGNMENTS, colonyname=name)
    await colony.member(rpc.pause.GET_PAUSE_STATUS, colonyname=name)

    spec = colony.spec("echo", fs=fs, channels=["chat"], conditions=conditions)
    await colony.member(rpc.process.SUBMIT, spec=spec)
    process = await colony.assign()
    processid = text_in(process, "processid")
    attribute = {
        "targetid": processid, "targetcolonyname": name, "attributetype": 1, "key": "k", "value": "v",
    }  # fmt: skip
    await colony.executor(rpc.attribute.ADD_ATTR, attribute=attribute)
    await colony.executor(rpc.log.ADD_LOG, processid=processid, message="a log\n")
    await colony.executor(rpc.process.SET_OUTPUT, processid=processid, out=["so far"])
    for number in (1, 2):
        await colony.executor(
            rpc.channel.CHANNEL_APPEND, processid=processid, name="chat", sequence=number, inreplyto=0,
            payload="ZGF0YQ==", payloadtype="",
        )  # fmt: skip
    await colony.member(rpc.channel.CHANNEL_READ, processid=processid, name="chat", afterseq=0, limit=0)
    await colony.member(rpc.process.GET_PROCESS, processid=processid)
    await asker.listen(
        rpc.subscription.SUBSCRIBE_CHANNEL, colony.user_key, _LISTEN_S,
        processid=processid, name="chat", afterseq=0, timeout=_LISTEN_S,
    )  # fmt: skip
    await colony.executor(rpc.process.CLOSE, processid=processid, out=["done", 1, {"a": None}])

    await colony.member(rpc.process.SUBMIT, spec=colony.spec("echo"))
    failing = text_in(await colony.assign(), "processid")
    await colony.executor(rpc.process.FAIL, processid=failing, errors=["it failed"])
    cancelled = await colony.member(rpc.process.SUBMIT, spec=colony.spec("echo"))
    await colony.member(rpc.process.CANCEL_PROCESS, processid=text_in(cancelled, "processid"))
    done = await colony.member(rpc.process.SUBMIT, spec=colony.spec("echo"))
    await colony.run_all()
    await colony.member(rpc.process.GET_PROCESS, processid=failing)
    await colony.member(rpc.process.REMOVE_PROCESS, processid=text_in(done, "processid"), all=False)


async def _subscriptions(colony: Colony) -> None:
    """One a connection, for little time, each kept to its end; of single processes, only those that have ended."""
    ended = list_in(
        await colony.member(rpc.process.GET_PROCESSES, colonyname=colony.name, count=1, state=SUCCESS)
    )
    if ended:
        await colony.asker.listen(
            rpc.subscription.SUBSCRIBE_PROCESS, colony.user_key, _LISTEN_S,
            colonyname=colony.name, processid=text_in(ended[0], "processid"),
            executortype=colony.executortype, state=SUCCESS, timeout=_LISTEN_S,
        )  # fmt: skip
    await colony.member(rpc.process.SUBMIT, spec=colony.spec("echo"))
    feed = asyncio.create_task(
        colony.asker.listen(
            rpc.subscription.SUBSCRIBE_PROCESSES,
            colony.executor_key,
            2 * _LISTEN_S,
            colonyname=colony.name,
            executortype=colony.executortype,
            state=_RUNNING,
            timeout=2 * _LISTEN_S,
        )
    )
    try:
        await asyncio.sleep(_LISTEN_S / 3)  # the server does not say when it has begun to listen
        await colony.run_all()
        await feed
    finally:
        feed.cancel()


async def _workflows(colony: Colony) -> None:
    name = colony.name
    first, second = colony.spec("first"), colony.spec("second", conditions={"dependencies": ["first"]})
    workflow = {"colonyname": name, "functionspecs": [first, second]}
    graph = await colony.member(rpc.workflow.SUBMIT_WORKFLOW, spec=workflow)
    graphid = text_in(graph, "processgraphid")
    await colony.member(rpc.workflow.GET_PROCESSGRAPH, processgraphid=graphid)
    parent = await colony.assign()
    if parent is not None and text_in(parent, "processgraphid") == graphid and graphid:
        await colony.executor(
            rpc.workflow.ADD_CHILD, processgraphid=graphid, parentprocessid=text_in(parent, "processid"),
            childprocessid="", spec=colony.spec("child"), insert=False,
        )  # fmt: skip
    if parent is not None:
        await colony.executor(rpc.process.CLOSE, processid=text_in(parent, "processid"), out=["x"])
    await colony.run_all()
    await colony.member(rpc.workflow.GET_PROCESSGRAPH, processgraphid=graphid)
    graph = await colony.member(rpc.workflow.SUBMIT_WORKFLOW, spec=workflow)
    cancelled = await colony.member(
        rpc.workflow.CANCEL_PROCESSGRAPH, processgraphid=text_in(graph, "processgraphid")
    )
    if cancelled is None:  # an older server: it is run to its end
        await colony.run_all()


async def _schedules(colony: Colony) -> None:
    name = colony.name
    workflow = json.dumps({"colonyname": name, "functionspecs": [colony.spec("tick")]})
    cron = {
        "colonyname": name, "name": "drift-cron", "cronexpression": "0 0 0 1 1 *", "interval": -1,
        "random": False, "waitforprevprocessgraph": False, "workflowspec": workflow,
    }  # fmt: skip
    made = text_in(await colony.member(rpc.cron.ADD_CRON, cron=cron), "cronid")
    await colony.member(rpc.cron.RUN_CRON, cronid=made)
    await colony.run_all()
    await colony.member(rpc.cron.GET_CRON, cronid=made)
    # More than are ever packed, and no timeout: it never fires.
    generator = {
        "colonyname": name, "name": "drift-generator", "workflowspec": workflow, "trigger": 1000, "timeout": -1,
    }  # fmt: skip
    generatorid = text_in(
        await colony.member(rpc.generator.ADD_GENERATOR, generator=generator), "generatorid"
    )
    await colony.member(rpc.generator.PACK_GENERATOR, generatorid=generatorid, arg="a")
    await asyncio.sleep(1)  # it is packed by the time that it is removed
    await colony.member(rpc.generator.GET_GENERATOR, generatorid=generatorid)


async def _ends(colony: Colony) -> None:
    """Remove what was made, one by one; by state only when nothing waits or runs any more."""
    name = colony.name
    await colony.run_all()
    for cron in list_in(await colony.member(rpc.cron.GET_CRONS, colonyname=name, count=10)):
        await colony.member(rpc.cron.REMOVE_CRON, cronid=text_in(cron, "cronid"), all=False)
    for generator in list_in(await colony.member(rpc.generator.GET_GENERATORS, colonyname=name, count=10)):
        await colony.member(
            rpc.generator.REMOVE_GENERATOR, generatorid=text_in(generator, "generatorid"), all=False
        )
    await colony.owner(rpc.blueprint.REMOVE_BLUEPRINT, namespace=name, name="blue")
    for definition in list_in(await colony.owner(rpc.blueprint.GET_BLUEPRINT_DEFINITIONS, colonyname=name)):
        metadata = object_in(definition).get("metadata")
        await colony.owner(
            rpc.blueprint.REMOVE_BLUEPRINT_DEFINITION, namespace=name, name=text_in(metadata, "name")
        )
    await colony.run_all()
    await colony.member(rpc.snapshot.REMOVE_ALL_SNAPSHOTS, colonyname=name)
    if await colony.going_on():
        return
    graphs = await colony.member(rpc.workflow.GET_PROCESSGRAPHS, colonyname=name, count=10, state=SUCCESS)
    for graph in list_in(graphs)[:1]:
        await colony.member(
            rpc.workflow.REMOVE_PROCESSGRAPH, processgraphid=text_in(graph, "processgraphid"), all=False
        )
    await colony.owner(rpc.workflow.REMOVE_ALL_PROCESSGRAPHS, colonyname=name, state=SUCCESS)
    await colony.owner(rpc.process.REMOVE_ALL_PROCESSES, colonyname=name, state=FAILED)
    await colony.owner(rpc.user.REMOVE_USER, colonyname=name, name=_LEAVER)
