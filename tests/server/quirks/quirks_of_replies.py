"""Quirks of what is written into replies."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

from colonyos_gen_wire import File
from colonyos_gen_wire.constants import WAITING
from colonyos_gen_wire.methods.file import ADD_FILE
from colonyos_gen_wire.methods.log import ADD_LOG, GET_LOGS, SEARCH_LOGS
from colonyos_gen_wire.methods.process import ASSIGN, FAIL, GET_PROCESS, GET_PROCESS_HISTORY, SUBMIT
from colonyos_gen_wire.methods.statistics import GET_STATISTICS
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS
from colonyos_gen_wire.requests.file import AddFileMsg
from colonyos_gen_wire.requests.log import AddLogMsg, GetLogsMsg, SearchLogsMsg
from colonyos_gen_wire.requests.process import (
    AssignProcessMsg,
    GetProcessHistMsg,
    GetProcessMsg,
    SubmitFunctionSpecMsg,
)
from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessMsg

from colonyos_gen import PrivateKey
from colonyos_gen._call.envelope import open_reply
from tests.server.kit.blueprint_lab import blueprint, define
from tests.server.kit.lab import COLONY, TYPE, envelope, opened, spec
from tests.server.kit.socket_lab import line

from .quirk_scene import QuirkScene, outcome, posted, read_by_client, shows

TIMES = ("submissiontime", "starttime")
NONE: list[str] = []


@shows("empty_200", strict=["DeniedError 403"] * 2, quirk=["DeniedError 200"] * 2)
async def outsiders(here: QuirkScene) -> object:
    stranger = PrivateKey.generate()
    return [
        await outcome(here.user.get_statistics(COLONY, prvkey=stranger)),
        await outcome(here.user.get_process_history(COLONY, 60, prvkey=stranger)),
    ]


@shows("empty_200", strict=[403, 403, 400], quirk=[200, 200, 400])
async def nobody_is_a_member_of_no_colony(here: QuirkScene) -> object:
    replies = [
        await posted(here, here.user_key, GET_PROCESS_HISTORY, GetProcessHistMsg(colonyname=name, seconds=60))
        for name in ("", "nowhere")
    ]
    replies.append(
        await posted(here, here.user_key, GET_STATISTICS, GetColonyStatisticsMsg(colonyname="nowhere"))
    )
    assert all(body == b"" for status, body in replies if status == 200)
    return [status for status, _ in replies]


@shows("empty_500", strict=[(400, "error")] * 3, quirk=[(500, "")] * 3)
async def null(here: QuirkScene) -> object:
    replies = [
        await here.lab.post(b"null"),
        await here.lab.post(envelope(here.user_key, "getcolonymsg", b" null ")),
        await here.lab.post(json.dumps({"payloadtype": "versionmsg", "payload": "bnVsbA=="}).encode()),
    ]
    return [(status, json.loads(body)["payloadtype"] if body else "") for status, body in replies]


NO_NAMES: list[list[str]] = [[], [], [], []]


@shows("star_matches_nobody", strict=NO_NAMES, quirk=NO_NAMES)
async def a_star_read_back(here: QuirkScene) -> object:
    """Alone it is shown as no name in both; beside another one as it was sent."""
    submitted = await here.user.submit(spec(executornames=["*"]))
    read = await here.user.get_process(submitted.processid)
    (listed,) = await here.user.get_processes(COLONY)
    cancelled = spec(executornames=["*", "e"])
    assert (await here.user.submit(cancelled)).spec.conditions.executornames == ["*", "e"]
    async with line(here.lab) as connection:
        request = SubscribeProcessMsg(processid=read.processid, state=WAITING, timeout=60)
        await connection.ask(here.user_key, SUBSCRIBE_PROCESS, request)
        pushed = await connection.item(SUBSCRIBE_PROCESS)
    return [each.spec.conditions.executornames for each in (submitted, read, listed, pushed)]


@shows("nulls_as_sent", strict=[NONE, NONE, ["why"]], quirk=[None, NONE, ["why"]])
async def failed_without_errors(here: QuirkScene) -> object:
    """As pycolonies does it, with `fail(errors=None)`."""
    found: list[object] = []
    for errors in (b"null", b"[]", b'["why"]'):
        await here.user.submit(spec())
        processid = (await here.executor.assign(COLONY, -1)).processid
        sent = b'{"msgtype":"closefailedmsg","processid":"%s","errors":%s}' % (processid.encode(), errors)
        await here.lab.post(envelope(here.executor_key, FAIL.msgtype, sent))
        reply = await posted(here, here.user_key, GET_PROCESS, GetProcessMsg(processid=processid))
        found.append(opened(reply[1])[2]["errors"])
        assert (await here.user.get_process(processid)).errors == (found[-1] or [])
    return found


@shows(
    "nulls_as_sent",
    strict=[NONE, NONE, NONE, None, None, None],
    quirk=[None, None, NONE, None, None, NONE],
)
async def submitted_with_nulls(here: QuirkScene) -> object:
    found: list[list[object]] = [[], []]
    for names, mounts in (
        ("", ""),
        (',"executornames":null', '"dirs":null'),
        (',"executornames":[]', '"dirs":[]'),
    ):
        conditions = f'{{"colonyname":"{COLONY}","executortype":"{TYPE}"{names}}}'
        what = f'{{"funcname":"f","conditions":{conditions},"fs":{{{mounts}}}}}'
        sent = f'{{"msgtype":"{SUBMIT.msgtype}","spec":{what}}}'.encode()
        _, body = await here.lab.post(envelope(here.user_key, SUBMIT.msgtype, sent))
        kept = opened(body)[2]["spec"]
        found[0].append(kept["conditions"]["executornames"])
        found[1].append(kept["fs"]["dirs"])
    return [*found[0], *found[1]]


@shows("two_envelopes", strict=("InvalidError 400", 1), quirk=("InvalidError 400", 2))
async def negative_count(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    request = GetLogsMsg(processid=process.processid, count=-1)
    reply = await posted(here, here.user_key, GET_LOGS, request)
    search = SearchLogsMsg(colonyname=COLONY, days=1, count=-1)
    _, body = await posted(here, here.user_key, SEARCH_LOGS, search)
    assert body.count(b'"payloadtype"') == 1
    return await read_by_client(GET_LOGS, reply), reply[1].count(b'"payloadtype"')


@shows("two_envelopes", strict=("InvalidError 400", 1), quirk=("InvalidError 400", 2))
async def nul_in_log(here: QuirkScene) -> object:
    await here.user.submit(spec())
    process = await here.executor.assign(COLONY, -1)
    request = AddLogMsg(processid=process.processid, message="a\0b")
    reply = await posted(here, here.executor_key, ADD_LOG, request)
    return await read_by_client(ADD_LOG, reply), reply[1].count(b'"payloadtype"')


@shows("null_for_refused_file", strict="InvalidError 400", quirk="InvalidError 200")
async def nul_in_file(here: QuirkScene) -> object:
    request = AddFileMsg(file=File(colonyname=COLONY, label="/l", name="a\0b"))
    return await read_by_client(ADD_FILE, await posted(here, here.user_key, ADD_FILE, request))


@shows(
    "zoned_zero_times",
    zone="America/New_York",
    strict=("0001-01-01T00:00:00Z", None),
    quirk=("0000-12-31T19:03:58-04:56", None),
)
@shows(
    "zoned_zero_times",
    zone=timezone(timedelta(hours=1, minutes=12, seconds=12)),
    strict=("0001-01-01T00:00:00Z", None),
    quirk=("0001-01-01T01:12:12+01:12", None),
)
@shows("zoned_zero_times", strict=("0001-01-01T00:00:00Z", None), quirk=("0001-01-01T00:00:00Z", None))
async def unset_time(here: QuirkScene) -> object:
    process = await here.user.submit(spec())
    request = GetProcessMsg(processid=process.processid)
    _, body = await posted(here, here.user_key, GET_PROCESS, request)
    return opened(body)[2]["endtime"], (await here.user.get_process(process.processid)).endtime


@shows("local_history_times", zone=timezone(timedelta(hours=1)), strict=0, quirk=3600)
async def history_time(here: QuirkScene) -> object:
    await define(here.lab)
    made = await here.user.add_blueprint(blueprint())
    [version] = await here.user.get_blueprint_history(made.blueprintid)
    assert version.timestamp is not None
    return version.timestamp.timestamp() - here.clock.now_ns() / 1e9


@shows(
    "lossy_numbers",
    strict=(400, "spec.args[0] is an integer beyond 2^53"),
    quirk=(200, '[9007199254740992, 12345678901234567000, {"n": [1, 0.5]}]'),
)
async def large_numbers(here: QuirkScene) -> object:
    request = SubmitFunctionSpecMsg(
        spec=spec(args=[9007199254740993, 12345678901234567890, {"n": [1.0, 0.5]}], priority=5)
    )
    status, body = await posted(here, here.user_key, SUBMIT, request)
    if status != 200:
        return status, opened(body)[2]["message"].split(",")[0]
    submitted = open_reply(SUBMIT, status, body)
    assert submitted.prioritytime % 10 or submitted.prioritytime > 2**53, "typed integers are exact"
    return status, json.dumps((await here.user.get_process(submitted.processid)).spec.args)


@shows("forwarded_assign", strict=(404, "NoProcessError 404"), quirk=(200, "NoProcessError 404"))
async def nothing_to_do(here: QuirkScene) -> object:
    request = AssignProcessMsg(colonyname=COLONY, timeout=-1)
    status, _ = await posted(here, here.executor_key, ASSIGN, request)
    return status, await outcome(here.executor.assign(COLONY, -1))


@shows("go_times", strict=[6, 6, 6], quirk=[9, 5, 5])
async def fractions_of_seconds(here: QuirkScene) -> object:
    here.clock.advance(0.12345)
    process = await here.user.submit(spec())
    assigned = await posted(here, here.executor_key, ASSIGN, AssignProcessMsg(colonyname=COLONY, timeout=1))
    read = await posted(here, here.user_key, GET_PROCESS, GetProcessMsg(processid=process.processid))
    times = [opened(assigned[1])[2]["starttime"], *(opened(read[1])[2][key] for key in TIMES)]
    moments = {datetime.fromisoformat(time).replace(microsecond=0) for time in times}
    assert len(moments) == 1
    return [len(re.findall(r"\.(\d*)", time)[0]) for time in times]
