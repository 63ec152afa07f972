"""What a real server does as time passes: recordings for `tests/server/recordings`.

python -m tests.live.recorded_times FOLDER      # with the server, and the key of its owner, in the environment
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from colonyos_gen import Config

from .recorder import JSON, Recorder, recorder

_ANY: JSON = {"executornames": []}
_SURELY_S = 3.5
"""After a limit of a second the server has noticed by then: it looks once a second, and counts whole seconds."""


async def limits(here: Recorder) -> None:
    """Attempts and waits that take too long, while an executor polls"""
    await here.colony(executors=2, users=1)
    processid = await _submitted(here, maxexectime=1, maxretries=1)
    await _assign(here, "executor1")
    poll = await here.begin("executor2", "assignprocessmsg", colonyname=here.colonyname, timeout=10)
    await poll
    await here.rpc("user1", "getprocessmsg", processid=processid)
    await here.rpc("executor1", "closesuccessfulmsg", processid=processid, out=[1])
    await here.sleep(_SURELY_S)
    await here.rpc("user1", "getprocessmsg", processid=processid)
    await here.rpc("executor2", "closesuccessfulmsg", processid=processid, out=[2])
    waiting = await _submitted(here, maxwaittime=1)
    await here.sleep(_SURELY_S)
    await here.rpc("user1", "getprocessmsg", processid=waiting)
    await here.rpc("executor1", "assignprocessmsg", colonyname=here.colonyname, timeout=1)
    poll = await here.begin("executor1", "assignprocessmsg", colonyname=here.colonyname, timeout=10)
    later = await _submitted(here, args=["later"])
    await poll
    await here.rpc("executor1", "closefailedmsg", processid=later, errors=["e"])
    for state in range(5):
        await here.rpc("user1", "getprocessesmsg", colonyname=here.colonyname, count=10, state=state)
    await here.rpc("user1", "getcolonystatsmsg", colonyname=here.colonyname)


async def pauses(here: Recorder) -> None:
    """Executors that poll while nothing is assigned in their colony"""
    await here.colony(executors=2, users=1)
    colonyname = here.colonyname
    await here.rpc("colony", "pauseassignmentsmsg", colonyname=colonyname)
    await here.rpc("user1", "getpausestatusmsg", colonyname=colonyname)
    processid = await _submitted(here)
    await here.rpc("executor1", "assignprocessmsg", colonyname=colonyname, timeout=1)
    poll = await here.begin("executor1", "assignprocessmsg", colonyname=colonyname, timeout=10)
    await here.rpc("colony", "resumeassignmentsmsg", colonyname=colonyname)
    await poll
    await here.rpc("executor1", "closesuccessfulmsg", processid=processid)
    await here.rpc("executor2", "assignprocessmsg", colonyname=colonyname, timeout=1)


async def schedules(here: Recorder) -> None:
    """Crons and generators that start workflows by themselves"""
    await here.colony(executors=1, users=1)
    colonyname = here.colonyname
    text = json.dumps({"colonyname": colonyname, "functionspecs": [here.spec(nodename="a", conditions=_ANY)]})
    cron = {"colonyname": colonyname, "name": "c", "interval": 2, "workflowspec": text}
    added = await here.rpc("user1", "addcronmsg", cron=cron)
    assigned = await here.rpc("executor1", "assignprocessmsg", colonyname=colonyname, timeout=10)
    await here.rpc("user1", "getcronmsg", cronid=added["cronid"])
    await here.rpc("user1", "removecronmsg", cronid=added["cronid"])
    await here.rpc("executor1", "closesuccessfulmsg", processid=assigned["processid"])
    generator = {"colonyname": colonyname, "name": "g", "trigger": 5, "timeout": 2, "workflowspec": text}
    added = await here.rpc("user1", "addgeneratormsg", generator=generator)
    for arg in ("x", "y"):
        await here.rpc("user1", "packgeneratormsg", generatorid=added["generatorid"], arg=arg)
    assigned = await here.rpc("executor1", "assignprocessmsg", colonyname=colonyname, timeout=10)
    await here.rpc("executor1", "closesuccessfulmsg", processid=assigned["processid"])
    await here.rpc("user1", "getgeneratormsg", generatorid=added["generatorid"])
    await here.rpc("user1", "getprocessgraphsmsg", colonyname=colonyname, count=10, state=2)


async def feeds(here: Recorder) -> None:
    """Pushes that come because time has passed, and subscriptions that end"""
    await here.colony(executors=1, users=1)
    asked = {"colonyname": here.colonyname, "executortype": here.executortype}
    for limit in ({"maxexectime": 1, "maxretries": 0}, {"maxwaittime": 1}):
        processid = await _submitted(here, **limit)
        if "maxexectime" in limit:
            await _assign(here, "executor1")
        await here.open("one")
        await here.send(
            "one", "user1", "subscribeprocessmsg", **asked, processid=processid, state=3, timeout=20
        )
        await here.recv("one")
        await here.close("one")
        await here.rpc("user1", "getprocessmsg", processid=processid)
    processid = await _submitted(here)
    await here.open("none")
    await here.send("none", "user1", "subscribeprocessmsg", **asked, processid=processid, state=2, timeout=2)
    await here.idle("none", 1)
    await here.recv("none")
    await here.open("all")
    await here.send("all", "executor1", "subscribeprocessesmsg", **asked, state=1, timeout=3)
    await here.sleep(0.5)
    await _assign(here, "executor1")
    await here.recv("all")
    await here.rpc("executor1", "closesuccessfulmsg", processid=processid)
    await here.recv("all")
    poll = await here.begin("executor1", "assignprocessmsg", colonyname=here.colonyname, timeout=10)
    processid = await _submitted(here)
    await poll
    await here.rpc("executor1", "closesuccessfulmsg", processid=processid)


async def _submitted(here: Recorder, **fields: JSON) -> str:
    submitted = await here.rpc("user1", "submitfuncspecmsg", spec=here.spec(**fields, conditions=_ANY))
    return str(submitted["processid"])


async def _assign(here: Recorder, who: str) -> None:
    await here.rpc(who, "assignprocessmsg", colonyname=here.colonyname, timeout=3)


async def main(folder: Path) -> None:
    """Record all of it."""
    config = Config.from_env()
    assert config.server_key is not None, "recording needs COLONIES_SERVER_PRVKEY"
    for number, scene in {52: limits, 53: pauses, 54: schedules, 21: feeds}.items():
        title = str(scene.__doc__)
        async with recorder(config.url, config.server_key, f"times_of_{scene.__name__}", title) as here:
            await scene(here)
            print(here.save(folder, number))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
