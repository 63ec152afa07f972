"""What the real server answered to a NUL character in each text of each message that it looks something up by."""

from __future__ import annotations

from typing import Any, NamedTuple

NUL = "a\0b"
COLONY = "<the colony>"
"""Stands for the name of the colony."""
WORDS = 'pq: invalid byte sequence for encoding "UTF8": 0x00'
UNRESOLVED = "Failed to resolve colony name"


class Asked(NamedTuple):
    """A request with a NUL character, and its answer."""

    msgtype: str
    fields: dict[str, Any]
    status: int
    message: str = WORDS
    by: str = "member"
    """Who signs: an approved executor, or the owner of the colony."""


def _by(who: str, answer: int, /, *msgtypes: str, message: str = WORDS, **fields: Any) -> list[Asked]:
    return [Asked(msgtype, fields, answer, message, who) for msgtype in msgtypes]


_HERE = {"colonyname": COLONY}

ASKED: list[Asked] = [
    # By the name of the colony: 403, unless something is looked up by it before rights are.
    *_by(
        "member",
        403,
        *("getcolonymsg", "getexecutorsmsg", "getprocessesmsg", "getprocessgraphsmsg", "getfilesmsg"),
        *("getfilelabelsmsg", "getsnapshotsmsg", "removeallsnapshotmsg", "getcronsmsg", "getgeneratorsmsg"),
        *(
            "getpausestatusmsg",
            "searchlogsmsg",
            "getfunctionsmsg",
            "reportallocationmsg",
            "updateexecutormsg",
        ),
        *("removefilemsg", "createsnapshotmsg", "getblueprintdefinitionsmsg"),
        colonyname=NUL,
    ),
    *_by("member", 403, "assignprocessmsg", colonyname=NUL, timeout=-1),
    *_by("member", 403, "getblueprintmsg", "getblueprintsmsg", namespace=NUL, name="x"),
    *_by("member", 403, "submitworkflowspecmsg", spec={"colonyname": NUL, "functionspecs": []}),
    *_by("member", 403, "submitfuncspecmsg", spec={"conditions": {"colonyname": NUL}}),
    *_by("member", 403, "addfunctionmsg", fun={"colonyname": NUL}),
    *_by("member", 403, "addcronmsg", cron={"colonyname": NUL}),
    *_by("member", 403, "addgeneratormsg", generator={"colonyname": NUL}),
    *_by("owner", 403, "addexecutormsg", executor={"colonyname": NUL}),
    *_by("owner", 403, "pauseassignmentsmsg", "resumeassignmentsmsg", colonyname=NUL),
    *_by("owner", 403, "removeallprocessesmsg", "removeallprocessgraphsmsg", colonyname=NUL, state=0),
    *_by("member", 400, "getexecutormsg", colonyname=NUL, executorname="x"),
    *_by(
        "owner",
        400,
        *("approveexecutormsg", "rejectexecutormsg", "removeexecutormsg"),
        colonyname=NUL,
        executorname="x",
    ),
    *_by("member", 400, "resolvegeneratormsg", colonyname=NUL, generatorname="x"),
    *_by("member", 400, "getcolonystatsmsg", colonyname=NUL),
    *_by("member", 400, "getusersmsg", "getlocationsmsg", message=UNRESOLVED, colonyname=NUL),
    *_by("member", 400, "getusermsg", "getlocationmsg", message=UNRESOLVED, colonyname=NUL, name="x"),
    *_by("owner", 400, "removeusermsg", "removelocationmsg", message=UNRESOLVED, colonyname=NUL, name="x"),
    *_by("owner", 400, "addusermsg", message=UNRESOLVED, user={"colonyname": NUL}),
    *_by("owner", 400, "addlocationmsg", message=UNRESOLVED, location={"colonyname": NUL}),
    # By another text.
    *_by("member", 400, "getexecutormsg", executorname=NUL, **_HERE),
    *_by("member", 400, "getexecutorbyidmsg", executorid=NUL, **_HERE),
    *_by(
        "owner",
        400,
        *("approveexecutormsg", "rejectexecutormsg", "removeexecutormsg"),
        executorname=NUL,
        **_HERE,
    ),
    *_by(
        "member",
        500,
        "reportallocationmsg",
        "updateexecutormsg",
        "getfunctionsmsg",
        executorname=NUL,
        **_HERE,
    ),
    *_by("member", 500, "addfunctionmsg", fun={"executorname": NUL, **_HERE}),
    *_by("member", 400, "removefunctionmsg", functionid=NUL),
    *_by("member", 400, "getuserbyidmsg", userid=NUL, **_HERE),
    *_by("member", 400, "getusermsg", "getlocationmsg", name=NUL, **_HERE),
    *_by("owner", 400, "removeusermsg", "removelocationmsg", name=NUL, **_HERE),
    *_by(
        "member",
        400,
        *("getprocessmsg", "removeprocessmsg", "cancelprocessmsg", "closesuccessfulmsg", "closefailedmsg"),
        *("setoutputmsg", "getlogsmsg", "addlogmsg"),
        processid=NUL,
    ),
    *_by("member", 400, "channelappendmsg", "channelreadmsg", processid=NUL, name="x"),
    *_by("member", 400, "getlogsmsg", executorname=NUL, **_HERE),
    *_by("member", 400, "searchlogsmsg", text=NUL, days=1, count=1, **_HERE),
    *_by("member", 400, "getprocessesmsg", executortype=NUL, count=1, **_HERE),
    *_by("member", 400, "getprocessesmsg", label=NUL, count=1, **_HERE),
    *_by("member", 400, "getprocesshistmsg", executorid=NUL, seconds=10, **_HERE),
    *_by("member", 400, "getattributemsg", attributeid=NUL),
    *_by("member", 400, "addattributemsg", attribute={"targetid": NUL, "targetcolonyname": COLONY}),
    *_by(
        "member",
        400,
        *("getprocessgraphmsg", "cancelprocessgraphmsg", "removeprocessgraphmsg"),
        processgraphid=NUL,
    ),
    *_by("member", 400, "getfilemsg", "removefilemsg", fileid=NUL, **_HERE),
    *_by("member", 400, "getfilemsg", "removefilemsg", label=NUL, name="x", **_HERE),
    *_by("member", 400, "getfilemsg", "removefilemsg", label="x", name=NUL, **_HERE),
    *_by("member", 400, "getfilesmsg", label=NUL, **_HERE),
    *_by("member", 400, "getfilelabelsmsg", name=NUL, **_HERE),
    *_by("member", 400, "getfilelabelsmsg", name=NUL, exact=True, **_HERE),
    *_by("member", 500, "createsnapshotmsg", label=NUL, name="x", **_HERE),
    *_by("member", 500, "createsnapshotmsg", label="x", name=NUL, **_HERE),
    *_by("member", 500, "getsnapshotmsg", "removesnapshotmsg", snapshotid=NUL, **_HERE),
    *_by("member", 500, "getsnapshotmsg", "removesnapshotmsg", name=NUL, **_HERE),
    *_by("member", 400, "getcronmsg", "runcronmsg", "removecronmsg", cronid=NUL),
    *_by("member", 400, "getgeneratormsg", "removegeneratormsg", generatorid=NUL),
    *_by("member", 400, "packgeneratormsg", generatorid=NUL, arg="x"),
    *_by("member", 400, "resolvegeneratormsg", generatorname=NUL, **_HERE),
    *_by(
        "member",
        500,
        *("getblueprintmsg", "removeblueprintmsg", "reconcileblueprintmsg"),
        namespace=COLONY,
        name=NUL,
    ),
    *_by("member", 500, "getblueprintsmsg", namespace=COLONY, kind=NUL),
    *_by("member", 500, "getblueprintsmsg", namespace=COLONY, kind="x", locationname=NUL),
    *_by("member", 500, "updateblueprintstatusmsg", blueprintname=NUL, status={}, **_HERE),
    *_by("member", 500, "updateblueprintmsg", blueprint={"kind": "x", "metadata": {"name": NUL, **_HERE}}),
    *_by("member", 500, "getblueprinthistorymsg", blueprintid=NUL),
    *_by("member", 500, "getblueprintdefinitionmsg", name=NUL, **_HERE),
    *_by("owner", 500, "removeblueprintdefinitionmsg", namespace=COLONY, name=NUL),
    *_by("owner", 500, "addblueprintdefinitionmsg", blueprintdefinition={"metadata": {"name": NUL, **_HERE}}),
    # What is to be stored.
    *_by("owner", 400, "addexecutormsg", executor={"executorname": NUL, **_HERE}),
    *_by("owner", 400, "addexecutormsg", executor={"executorname": "x", "executortype": NUL, **_HERE}),
    *_by("owner", 400, "addusermsg", user={"name": NUL, **_HERE}),
    *_by("owner", 400, "addusermsg", user={"name": "x", "email": NUL, **_HERE}),
    *_by("owner", 400, "addlocationmsg", location={"name": NUL, **_HERE}),
    *_by("owner", 400, "addlocationmsg", location={"name": "x", "description": NUL, **_HERE}),
    # New identities.
    *_by("member", 403, "changeexecutoridmsg", executorid="0" * 63 + "\0", **_HERE),
    *_by("owner", 403, "changecolonyidmsg", colonyid="0" * 63 + "\0", **_HERE),
]
