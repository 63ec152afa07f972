"""What a real server makes of null, absent and empty lists, maps and bytes: recordings for `tests/server/recordings`.

python -m tests.live.recorded_nulls FOLDER      # with the server, and the key of its owner, in the environment
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from colonyos_gen import Config

from .recorder import JSON, Recorder, recorder


def either(key: str, empty: JSON) -> list[dict[str, JSON]]:
    """Objects without `key`, with null there, and with an empty value."""
    return [{}, {key: None}, {key: empty}]


async def processes(here: Recorder) -> None:
    """Null, absent and empty lists in processes"""
    await here.colony(executors=1, users=1)
    own: dict[str, JSON] = {"args": [], "kwargs": {}, "env": {}, "channels": []}
    inside = ("executornames", "dependencies")
    specs = [here.spec(**fields) for key, empty in own.items() for fields in either(key, empty)]
    specs += [here.spec(conditions=fields) for key in inside for fields in either(key, [])]
    specs += [here.spec(fs=fields) for key in ("snapshots", "dirs") for fields in either(key, [])]
    specs += [
        here.spec(fs=None),
        here.spec(conditions={"ExecutorNames": [], "DEPENDENCIES": []}, fs={"DIRS": [], "Snapshots": None}),
        here.spec(
            fs={"snapshots": [{}], "dirs": [{"onconflicts": None}]},
            args=[None, [], {}],
            kwargs={"a": None, "b": []},
        ),
    ]
    for spec in specs:
        await _submit(here, spec)
    await here.rpc("user1", "submitfuncspecmsg", spec={**here.spec(), "conditions": None})
    for msgtype, key in (
        ("closesuccessfulmsg", "out"),
        ("setoutputmsg", "out"),
        ("closefailedmsg", "errors"),
    ):
        for fields in either(key, []):
            assigned = await _assign(here)
            await here.rpc("executor1", msgtype, processid=assigned["processid"], **fields)
            await _get(here, assigned)
    for errors in ([""], [None, "a"]):
        assigned = await _assign(here)
        await here.rpc("executor1", "closefailedmsg", processid=assigned["processid"], errors=errors)
        await _get(here, assigned)
    submitted = await _submit(here, here.spec())
    await here.rpc("user1", "cancelprocessmsg", processid=submitted["processid"])
    await _get(here, submitted)
    for state in range(5):
        await here.rpc("user1", "getprocessesmsg", colonyname=here.colonyname, count=4, state=state)
    for conditions in either("executornames", []):
        limited = {"priority": 100, "conditions": conditions}
        running = await _submit(here, here.spec(**limited, maxexectime=1, maxretries=0))
        await _assign(here)
        waiting = await _submit(here, here.spec(**limited, maxwaittime=1))
        await here.sleep(3.5)
        await _get(here, running)
        await _get(here, waiting)
    again = await _submit(here, here.spec(priority=100, maxexectime=1, maxretries=1, fs={"dirs": []}))
    await _assign(here)
    await here.sleep(3.5)
    await _get(here, again)


async def workflows(here: Recorder) -> None:
    """Null, absent and empty lists in workflows, crons and generators"""
    await here.colony(executors=1, users=1)
    colonyname = here.colonyname
    for fields in either("functionspecs", []):
        graph = await here.rpc("user1", "submitworkflowspecmsg", spec={"colonyname": colonyname, **fields})
        await here.rpc("user1", "getprocessgraphmsg", processgraphid=graph["processgraphid"])
    await here.rpc("user1", "getprocessgraphsmsg", colonyname=colonyname, count=100, state=0)
    await here.rpc("colony", "removeallprocessgraphsmsg", colonyname=colonyname, state=-1)
    outputs: list[dict[str, JSON]] = [{}, {"out": []}, {"out": [1]}]
    for names, dirs, output in zip(either("executornames", []), either("dirs", []), outputs, strict=True):
        for dependencies in either("dependencies", []):
            first = here.spec(nodename="a", conditions={**names, **dependencies}, fs=dirs)
            second = here.spec(nodename="b", conditions={"dependencies": ["a"], **names})
            await _run(here, [first, second], output, fails=dependencies == {"dependencies": None})
    for state in range(5):
        await here.rpc("user1", "getprocessgraphsmsg", colonyname=colonyname, count=4, state=state)
    texts = [
        json.dumps({"colonyname": colonyname, "functionspecs": [here.spec(nodename="a", conditions=names)]})
        for names in either("executornames", [])
    ]
    for number, text in enumerate(texts):
        cron = {"colonyname": colonyname, "name": f"c{number}", "interval": 10000, "workflowspec": text}
        added = await here.rpc("user1", "addcronmsg", cron=cron)
        await here.rpc("user1", "runcronmsg", cronid=added["cronid"])
        assigned = await _assign(here)
        await here.rpc("executor1", "closesuccessfulmsg", processid=assigned["processid"])
    await here.rpc("user1", "getcronsmsg", colonyname=colonyname, count=10)
    for number, text in enumerate(texts):
        generator = {"colonyname": colonyname, "name": f"g{number}", "trigger": 1, "workflowspec": text}
        added = await here.rpc("user1", "addgeneratormsg", generator=generator)
        generatorid = added["generatorid"]
        await here.rpc("user1", "packgeneratormsg", generatorid=generatorid, arg="x")
        await here.sleep(2.5)
        assigned = await _assign(here)
        await here.rpc("executor1", "closefailedmsg", processid=assigned["processid"], errors=None)
        await _get(here, assigned)
    await here.rpc("user1", "getgeneratorsmsg", colonyname=colonyname, count=10)


async def executors(here: Recorder) -> None:
    """Null, absent and empty lists in executors and functions"""
    await here.colony(executors=1, users=1)
    colonyname = here.colonyname
    capabilities: list[dict[str, JSON]] = [
        *either("capabilities", {}),
        *({"capabilities": fields} for key in ("hardware", "software") for fields in either(key, [])),
        *({"capabilities": {"hardware": [fields], "software": [{}]}} for fields in either("network", [])),
        {"capabilities": {"hardware": [{"network": []}, {"network": None}, {}, {"network": ["a"]}]}},
    ]
    allocations: list[dict[str, JSON]] = [
        *either("allocations", {}),
        *({"allocations": fields} for fields in either("projects", {})),
        {"allocations": {"projects": {"p": None}}},
    ]
    for number, fields in enumerate((*capabilities, *allocations)):
        name = f"x{number}"
        await here.add_executor(name, {"executorid": here.add_actor(name, "executor"), **fields})
        await here.rpc("user1", "getexecutormsg", colonyname=colonyname, executorname=name)
    await here.rpc("user1", "getexecutorsmsg", colonyname=colonyname)
    for msgtype, changes in (("updateexecutormsg", capabilities), ("reportallocationmsg", allocations)):
        for fields in changes:
            named = {"colonyname": colonyname, "executorname": "executor1"}
            await here.rpc("executor1", msgtype, **named, **fields)
            await here.rpc("user1", "getexecutormsg", **named)
    await here.rpc("colony", "removeexecutormsg", colonyname=colonyname, executorname="x4")
    changed = here.add_actor("changed", "executor")
    await here.rpc("executor1", "changeexecutoridmsg", colonyname=colonyname, executorid=changed)
    await here.rpc("user1", "getexecutorsmsg", colonyname=colonyname)
    arguments: list[dict[str, JSON]] = [*either("args", []), *({"args": [x]} for x in either("enum", []))]
    for number, fields in enumerate(arguments):
        named = {"executorname": "x2", "executortype": here.executortype, "colonyname": colonyname}
        await here.rpc("x2", "addfunctionmsg", fun={**named, "funcname": f"f{number}", **fields})
    for name in ("", "x2", "x3"):
        await here.rpc("user1", "getfunctionsmsg", colonyname=colonyname, executorname=name)


async def blueprints(here: Recorder) -> None:
    """Null, absent and empty maps in blueprints and their definitions"""
    await here.colony(executors=1, users=1)
    colonyname = here.colonyname
    kinds = f"K-{colonyname}-"  # of no other colony: reconciling takes the definition of any
    schemas = [*either("schema", {}), *({"schema": fields} for fields in either("properties", {}))]
    property_: JSON = {"enum": [], "properties": {}, "items": None, "default": None}
    schemas += [{"schema": {"properties": {"a": property_}, "required": []}}]
    for number, schema in enumerate(schemas):
        names = {"kind": f"{kinds}{number}", **either("shortNames", [])[number % 3]}
        metadata = {"name": f"d{number}", "colonyname": colonyname, **either("labels", {})[number % 3]}
        handler = {"executorType": here.executortype if number == 1 else "other", "functionName": "reconcile"}
        spec = {"group": "g", "version": "v", "names": names, "handler": handler, **schema}
        definition = {"kind": "BlueprintDefinition", "metadata": metadata, "spec": spec}
        await here.rpc("colony", "addblueprintdefinitionmsg", blueprintdefinition=definition)
    await here.rpc("user1", "getblueprintdefinitionsmsg", colonyname=colonyname)
    made = [*either("spec", {}), *either("status", {})]
    labelled = [*either("labels", {}), *either("annotations", {})]
    added: list[JSON] = []
    for number, fields in enumerate([*made, *({"metadata": each, "spec": {"a": 1}} for each in labelled)]):
        named = {"name": f"b{number}", "colonyname": colonyname, **fields.get("metadata", {})}
        blueprint = {**fields, "kind": f"{kinds}{number % 3}", "metadata": named}
        added.append(await here.rpc("user1", "addblueprintmsg", blueprint=blueprint))
        await here.rpc("user1", "getblueprintmsg", namespace=colonyname, name=f"b{number}")
        await here.rpc("user1", "getblueprinthistorymsg", blueprintid=added[-1]["blueprintid"], limit=0)
    named, known = {"name": "b1", "colonyname": colonyname}, {"name": "b1", "namespace": colonyname}
    filled: dict[str, JSON] = {"spec": {"a": None, "l": [], "m": {}}}
    for fields in (*either("spec", {}), filled):
        for forced in (False, True):
            blueprint = {"kind": f"{kinds}1", "metadata": named, **fields}
            await here.rpc("user1", "updateblueprintmsg", blueprint=blueprint, forcegeneration=forced)
            await here.rpc("user1", "getblueprintmsg", **known)
    await here.rpc("user1", "getblueprinthistorymsg", blueprintid=added[1]["blueprintid"], limit=0)
    for fields in either("status", {}):
        await here.rpc(
            "user1", "updateblueprintstatusmsg", colonyname=colonyname, blueprintname="b1", **fields
        )
        await here.rpc("user1", "getblueprintmsg", **known)
    for kind in ("", "none"):
        await here.rpc("user1", "getblueprintsmsg", namespace=colonyname, kind=kind)
    await here.sleep(2.5)
    await here.rpc("user1", "getcronsmsg", colonyname=colonyname, count=10)
    await here.rpc("user1", "reconcileblueprintmsg", **known, force=False)
    assigned = await _assign(here)
    await here.rpc("executor1", "closesuccessfulmsg", processid=assigned["processid"])
    await _get(here, assigned)


async def others(here: Recorder) -> None:
    """Empty lists of every kind of reply, null bytes in channels, files and snapshots"""
    await here.colony(executors=1, users=1)
    colonyname = here.colonyname
    await _read_all(here)
    submitted = await _submit(here, here.spec(channels=["c"]))
    named = {"processid": submitted["processid"], "name": "c"}
    await _assign(here)
    await here.rpc("user1", "getlogsmsg", processid=submitted["processid"], count=10)
    await here.rpc("user1", "channelreadmsg", **named, afterseq=0, limit=0)
    payloads: list[dict[str, JSON]] = [*either("payload", ""), {"payload": []}, {"payload": "aGk="}]
    for sequence, fields in enumerate(payloads, 1):
        await here.rpc("user1", "channelappendmsg", **named, sequence=sequence, inreplyto=0, **fields)
    for after in (0, 9):
        await here.rpc("executor1", "channelreadmsg", **named, afterseq=after, limit=0)
    for label, fields in (("/l", {}), ("/l", {"ref": None}), ("/l/m", {"ref": {"s3object": None}})):
        file = {"colonyname": colonyname, "label": label, "name": "n", **fields}
        await here.rpc("user1", "addfilemsg", file=file)
    for label, name in (("/l", "some"), ("/none", "none")):
        await here.rpc("user1", "createsnapshotmsg", colonyname=colonyname, label=label, name=name)
        await here.rpc("user1", "getsnapshotmsg", colonyname=colonyname, name=name)
    await _read_all(here)


async def pushes(here: Recorder) -> None:
    """Null and empty lists in what is pushed, also when a deadline has passed"""
    await here.colony(executors=1, users=1)
    asked = {"colonyname": here.colonyname, "executortype": here.executortype}
    await here.open("running")
    await here.send("running", "executor1", "subscribeprocessesmsg", **asked, state=1, timeout=8)
    await here.sleep(0.3)
    both: dict[str, JSON] = {"conditions": {"executornames": []}, "fs": {"dirs": [], "snapshots": []}}
    nulls: dict[str, JSON] = {"conditions": {"executornames": None}, "fs": None}
    for fields, errors in zip(({}, nulls, both), either("errors", []), strict=True):
        submitted = await _submit(here, here.spec(**fields))
        await here.open("failed")
        named = {**asked, "processid": submitted["processid"]}
        await here.send("failed", "user1", "subscribeprocessmsg", **named, state=3, timeout=30)
        await here.sleep(0.3)
        await _assign(here)
        await here.recv("running")
        await here.rpc("executor1", "closefailedmsg", processid=submitted["processid"], **errors)
        await here.recv("failed")
        await here.close("failed")
    await here.recv("running")  # its end
    for limits in ({"maxexectime": 1, "maxretries": 0}, {"maxwaittime": 2}):
        submitted = await _submit(here, here.spec(**limits))
        if "maxexectime" in limits:
            await _assign(here)
        await here.open("late")
        named = {**asked, "processid": submitted["processid"]}
        await here.send("late", "user1", "subscribeprocessmsg", **named, state=3, timeout=30)
        await here.idle("late", 0.4)
        await here.recv("late")
        await _get(here, submitted)
        await here.close("late")
    submitted = await _submit(here, here.spec(channels=["c"]))
    await _assign(here)
    named = {"processid": submitted["processid"], "name": "c"}
    await here.open("channel")
    await here.send("channel", "user1", "subscribechannelmsg", **named, afterseq=0, timeout=3)
    await here.sleep(0.3)
    for sequence, fields in enumerate((*either("payload", ""), {"payload": "aGk="}), 1):
        await here.rpc("executor1", "channelappendmsg", **named, sequence=sequence, inreplyto=0, **fields)
        await here.recv("channel")
    await here.recv("channel")  # its end


async def _submit(here: Recorder, spec: JSON) -> JSON:
    submitted = await here.rpc("user1", "submitfuncspecmsg", spec=spec)
    await _get(here, submitted)
    return submitted


async def _get(here: Recorder, process: JSON) -> None:
    await here.rpc("user1", "getprocessmsg", processid=process["processid"])


async def _assign(here: Recorder) -> JSON:
    return await here.rpc("executor1", "assignprocessmsg", colonyname=here.colonyname, timeout=3)


async def _run(here: Recorder, nodes: list[JSON], output: dict[str, JSON], *, fails: bool) -> None:
    """Run a workflow of two nodes, the second of which gets a child."""
    spec = {"colonyname": here.colonyname, "functionspecs": nodes}
    graph = await here.rpc("user1", "submitworkflowspecmsg", spec=spec)
    named = {"processgraphid": graph["processgraphid"]}
    await here.rpc("user1", "getprocessgraphmsg", **named)
    first = await _assign(here)
    await here.rpc("executor1", "closesuccessfulmsg", processid=first["processid"], **output)
    second = await _assign(here)
    await _get(here, second)
    parent = {"parentprocessid": second["processid"], "childprocessid": "", "insert": False}
    child = here.spec(nodename="c")
    await here.rpc("executor1", "addchildmsg", **named, **parent, spec=child)
    if fails:
        await here.rpc("executor1", "closefailedmsg", processid=second["processid"])
        await here.rpc("user1", "getprocessesmsg", colonyname=here.colonyname, count=10, state=3)
    else:
        await here.rpc("executor1", "closesuccessfulmsg", processid=second["processid"])
        third = await _assign(here)
        await here.rpc("executor1", "closesuccessfulmsg", processid=third["processid"], out=None)
        await _get(here, third)
    await here.rpc("user1", "getprocessgraphmsg", **named)


async def _read_all(here: Recorder) -> None:
    """Every list that a colony has."""
    plain = "getexecutors getusers getfunctions getfilelabels getsnapshots getlocations"
    for name in (*plain.split(), "getblueprintdefinitions"):
        await here.rpc("user1", f"{name}msg", colonyname=here.colonyname)
    await here.rpc("user1", "getblueprintsmsg", namespace=here.colonyname)
    for count in (10, 0):
        counted: dict[str, dict[str, JSON]] = {
            "getcrons": {},
            "getgenerators": {},
            "getprocesses": {"state": 0},
            "getprocessgraphs": {"state": 0},
            "getlogs": {"executorname": "executor1"},
        }
        for name, fields in counted.items():
            await here.rpc("user1", f"{name}msg", colonyname=here.colonyname, count=count, **fields)
    found: dict[str, dict[str, JSON]] = {
        "getprocesshist": {"seconds": 100, "state": 0},
        "getfilelabels": {"name": "/l", "exact": True},
        "getfiles": {"label": "/l"},
        "getfile": {"label": "/l", "name": "n", "latest": True},
        "searchlogs": {"text": "x", "days": 1, "count": 10},
    }
    for name, fields in found.items():
        await here.rpc("user1", f"{name}msg", colonyname=here.colonyname, **fields)


async def main(folder: Path) -> None:
    """Record all of it."""
    config = Config.from_env()
    assert config.server_key is not None, "recording needs COLONIES_SERVER_PRVKEY"
    scenes = {47: processes, 48: workflows, 49: executors, 50: blueprints, 51: others, 20: pushes}
    for number, scene in scenes.items():
        title = str(scene.__doc__)
        async with recorder(config.url, config.server_key, f"nulls_in_{scene.__name__}", title) as here:
            await scene(here)
            print(here.save(folder, number))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
