"""What may differ from the real server, and why. The only list of its kind: what is not in it is a failure.

An excuse that was not needed in a run is told at its end, so that none outlives its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .difference import MISSING, Difference

UNORDERED = frozenset(
    ("getcoloniesmsg", "getcronsmsg", "getexecutorsmsg", "getfilelabelsmsg", "getfilesmsg", "getfunctionsmsg")
) | frozenset(("getgeneratorsmsg", "getlocationsmsg", "getusersmsg", "searchlogsmsg"))
"""Lists that the real server reads without an order, compared as sets."""
SETS = ("attributes", ".nodes", ".edges")
"""Lists inside of objects that it keeps in no order, compared as sets."""
IDS = (".fileids", ".children", ".processids", ".rootprocessids")
"""Lists of ids that it keeps in no order, compared as sets once all are known; until then only their lengths are."""
BY_TIME = ("getprocessesmsg", "getprocesshistmsg")
"""Lists in the order of times, which the processes of one workflow have got one after another in no order."""
NEAR_S = 20.0
"""So far may moments be apart that are the same, in seconds: requests reach one server after the other."""
SPANS = (".minwaittime", ".maxwaittime", ".avgwaittime", ".minexectime", ".maxexectime", ".avgexectime")
"""Seconds that depend on how quick a server is; they may differ as moments do."""
CHANGES = ("changeexecutoridmsg", "changeuseridmsg", "changecolonyidmsg")
"""Messages that change an identity."""


@dataclass(frozen=True)
class Excuse:
    """A kind of difference that is no fault."""

    name: str
    reason: str
    covers: Callable[[Difference], bool]


def _is_nul_refused(difference: Difference) -> bool:
    """Whether the database has found a NUL, or ours has, before something else was found."""
    told = f"{difference.real}{difference.ours}"
    return "invalid byte sequence for encoding" in told and difference.path in ("status", "text")


def _is_unset(time: object) -> bool:
    return str(time)[:5] in ("0000-", "0001-")


def _count(items: object) -> int:
    """How many items a list has of which the length was different."""
    return int(str(items).partition(" ")[0])


EXCUSES = (
    Excuse(
        "deployment",
        "Names, versions, times and addresses of the installation, and of its cluster, are its own.",
        lambda it: (
            it.msgtype in ("versionmsg", "getserverinfomsg", "getclustermsg") and it.path.startswith(".")
        ),
    ),
    Excuse(
        "next run",
        "The first look at a new cron sets the time of its next run; the servers look at different moments of the second.",
        lambda it: it.path.endswith(".nextrun") and _is_unset(it.real) is not _is_unset(it.ours),
    ),
    Excuse(
        "places in drawings",
        "They follow from the order of a node's children, which the real server keeps by chance.",
        lambda it: ".position." in it.path,
    ),
    Excuse(
        "words for NUL",
        "The real server's database refuses a NUL when it comes upon it; here that may be earlier, or later, than something "
        "else that is wrong.",
        _is_nul_refused,
    ),
    Excuse(
        "words for wrong types",
        "Go names its own types when a value in the text of a workflow has the wrong one.",
        lambda it: it.path == "text" and str(it.real).startswith("json: cannot unmarshal "),
    ),
    Excuse(
        "echo of a change of identity",
        "The real server sends back the bytes of the request, with fields that it does not know; here what was understood.",
        lambda it: it.msgtype in CHANGES and it.path.startswith(".") and MISSING in (it.real, it.ours),
    ),
    Excuse(
        "child without workflow",
        "A child that names no workflow belongs to none on the real server, though its parent does; here to its parent's.",
        lambda it: it.path.endswith("processgraphid") and it.real == "",
    ),
    Excuse(
        "attributes that went with others",
        "Removal of all processes in a state takes attributes that say this state from processes in other states too, such "
        "as what an executor has added, which says WAITING: data of others is not spoilt here.",
        lambda it: it.path.endswith(".attributes[]") and _count(it.real) < _count(it.ours),
    ),
    Excuse(
        "first row of an identity",
        "An identity with several names is found by whichever row the real server's database gives first, which is chance.",
        lambda it: it.msgtype == "addexecutormsg" and it.path in (".executorname", ".executortype"),
    ),
    Excuse(
        "order of keys in workflows as text",
        "The text of a workflow that the server makes for a blueprint has the keys in the order of Go's structs there, and "
        "in that of the schema here; what it holds is compared.",
        lambda it: it.path.endswith(".workflowspec as text"),
    ),
    Excuse(
        "generator of another colony",
        "The real server keeps a generator whose workflow is for another colony, and starts it there, whoever added it.",
        lambda it: (
            it.msgtype == "addgeneratormsg"
            and it.path == "status"
            and "The workflow is for Colony <" in str(it.ours)
        ),
    ),
    Excuse(
        "sequence numbers",
        "Files are numbered over the whole server, which has others.",
        lambda it: it.path.endswith(".sequencenr"),
    ),
)


def excuse_of(difference: Difference, excuses: tuple[Excuse, ...]) -> Excuse | None:
    """What excuses a difference, if anything does."""
    return next((each for each in excuses if each.covers(difference)), None)
