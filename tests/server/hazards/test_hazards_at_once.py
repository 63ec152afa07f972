"""Two requests about the same thing at once are noticed; one after the other they are not."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime

import pytest
from colonyos_gen_wire.methods import generator as generator_methods
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods import workflow as workflow_methods
from colonyos_gen_wire.requests.generator import PackGeneratorMsg, RemoveGeneratorMsg
from colonyos_gen_wire.requests.process import CloseFailedMsg
from colonyos_gen_wire.requests.workflow import (
    AddChildMsg,
    CancelProcessGraphMsg,
    RemoveProcessGraphMsg,
)

from colonyos_gen.server import ManualClock
from tests.server.kit import generators, workflow_lab
from tests.server.kit.lab import Lab, spec
from tests.server.kit.stored import node

from .hazard_lab import at_once, cancel, close, noticed, play, remove, remove_all, settled

pytestmark = pytest.mark.hazards
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_cancel_and_removal_of_one_process() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        await at_once(here, cancel(user, process.processid), remove(user, process.processid))
        assert noticed(here) == {"cancel_meets_removal": 1}

    play(act)


def test_the_removal_may_come_first() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        await at_once(here, remove(user, process.processid), cancel(user, process.processid))
        assert noticed(here) == {"cancel_meets_removal": 1}

    play(act)


def test_removal_after_the_reply_to_the_cancel() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        for _ in range(20):
            process = await here.submit(user)
            await here.call(*cancel(user, process.processid))
            await here.call(*remove(user, process.processid))
        assert noticed(here) == {}

    play(act)


def test_cancel_of_one_process_and_removal_of_another() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        one, other = await here.submit(user), await here.submit(user)
        assert await at_once(here, cancel(user, one.processid), remove(user, other.processid)) == [200, 200]
        assert noticed(here) == {}

    play(act)


def test_what_is_refused_for_lack_of_rights_has_met_nothing() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        stranger = here.server_key
        assert await at_once(here, cancel(stranger, process.processid), remove(user, process.processid)) == [
            403,
            200,
        ]
        assert noticed(here) == {}

    play(act)


@pytest.mark.parametrize("end", ["close", "fail"])
def test_an_end_and_removal_of_one_process(end: str) -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user)
        process = await here.assign(executor)
        failing = executor, process_methods.FAIL, CloseFailedMsg(processid=process.processid)
        ending = close(executor, process.processid) if end == "close" else failing
        await at_once(here, ending, remove(user, process.processid))
        assert noticed(here) == {"close_meets_removal": 1}
        [seen] = here.server.hazards.seen
        assert {part.who for part in seen.parts} == {"u", "e"}
        assert {part.msgtype for part in seen.parts} == {ending[1].msgtype, "removeprocessmsg"}
        assert all(part.subject == process.processid for part in seen.parts)

    play(act)


def test_removal_after_a_read_shows_that_the_process_has_ended() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        for _ in range(20):
            await here.submit(user)
            process = await here.assign(executor)
            # Ends through a connection of its own, as that of a worker is.
            assert await at_once(here, close(executor, process.processid)) == [200]
            await settled(here, user, process.processid)
            await here.call(*remove(user, process.processid))
        assert noticed(here) == {}

    play(act)


def test_cancel_and_removal_of_one_workflow() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        graph = await workflow_lab.submit(here, user, node("a"))
        await at_once(
            here,
            (user, workflow_methods.CANCEL_PROCESSGRAPH, CancelProcessGraphMsg(processgraphid=graph.processgraphid)),
            (user, workflow_methods.REMOVE_PROCESSGRAPH, RemoveProcessGraphMsg(processgraphid=graph.processgraphid)),
        )  # fmt: skip
        assert noticed(here) == {"workflow_cancel_meets_removal": 1}

    play(act)


def test_removal_of_a_workflow_after_the_reply_to_its_cancel() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        graph = await workflow_lab.submit(here, user, node("a"))
        await workflow_lab.cancel(here, user, graph.processgraphid)
        await workflow_lab.remove(here, user, graph.processgraphid)
        assert noticed(here) == {}

    play(act)


def test_pack_and_removal_of_one_generator() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        made = await generators.add(here, user, trigger=10)
        await at_once(
            here,
            (user, generator_methods.PACK_GENERATOR, PackGeneratorMsg(generatorid=made.generatorid, arg="1")),
            (user, generator_methods.REMOVE_GENERATOR, RemoveGeneratorMsg(generatorid=made.generatorid)),
        )
        assert noticed(here) == {"pack_meets_generator_removal": 1}

    play(act, clock=ManualClock(START))


def test_removal_of_a_generator_after_the_last_pack() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        made = await generators.add(here, user, trigger=10)
        await generators.pack(here, user, made, "1", "2")
        await generators.remove(here, user, made)
        assert noticed(here) == {}

    play(act, clock=ManualClock(START))


def test_removal_of_a_generator_that_is_about_to_start_a_workflow() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        made = await generators.add(here, user, trigger=2)
        await generators.pack(here, user, made, "1", "2")
        await generators.remove(here, user, made)
        assert noticed(here) == {"generator_removed_at_trigger": 1}

    play(act, clock=ManualClock(START))


def test_a_child_of_a_parent_that_closes() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await workflow_lab.submit(here, user, node("a"))
        parent = await here.assign(executor)
        child = AddChildMsg(
            processgraphid=parent.processgraphid, parentprocessid=parent.processid, spec=node("b")
        )
        await at_once(here, (executor, workflow_methods.ADD_CHILD, child), close(executor, parent.processid))
        assert noticed(here) == {}
        while not noticed(here):
            await asyncio.sleep(0.05)
        assert noticed(here) == {"child_of_closing_parent": 1}

    play(act)


def test_a_child_that_is_read_back() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        graph = await workflow_lab.submit(here, user, node("a"))
        parent = await here.assign(executor)
        child = AddChildMsg(
            processgraphid=parent.processgraphid, parentprocessid=parent.processid, spec=node("b")
        )
        await at_once(here, (executor, workflow_methods.ADD_CHILD, child), close(executor, parent.processid))
        assert here.server.hazards.pending == 1
        await workflow_lab.graph(here, executor, graph.processgraphid)
        assert here.server.hazards.pending == 0

    play(act)


def test_a_cancel_that_meets_a_close() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user)
        process = await here.assign(executor)
        await at_once(here, close(executor, process.processid), cancel(user, process.processid))
        while not noticed(here):
            await asyncio.sleep(0.05)
        assert noticed(here) == {"ends_at_once": 1}

    play(act)


def test_a_close_near_the_deadline() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user, spec(maxexectime=1))
        process = await here.assign(executor)
        await here.close(executor, process.processid)
        while not noticed(here):
            await asyncio.sleep(0.05)
        assert noticed(here) == {"close_at_deadline": 1}

    play(act, clock=ManualClock(START))


def test_a_close_near_the_deadline_that_is_looked_at() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user, spec(maxexectime=1))
        process = await here.assign(executor)
        await here.close(executor, process.processid)
        assert here.server.hazards.pending == 1
        await here.process(executor, process.processid)
        assert here.server.hazards.pending == 0

    play(act, clock=ManualClock(START))


def test_the_first_of_a_kind_is_a_warning_that_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        for _ in range(8):
            process = await here.submit(user)
            await at_once(here, cancel(user, process.processid), remove(user, process.processid))
        assert noticed(here) == {"cancel_meets_removal": 8}
        assert len(here.server.hazards.seen) == 5
        assert here.server.hazards.total == 8
        warnings = [
            record
            for record in caplog.records
            if record.name == "colonyos_gen.server.hazards" and record.levelno == logging.WARNING
        ]
        assert len(warnings) == 1
        text = warnings[0].getMessage()
        hazard = here.server.hazards.seen[0].hazard
        for part in ("cancelprocessmsg", "removeprocessmsg", "by u", hazard.what, hazard.avoid):
            assert part in text
        here.server.hazards.clear()
        assert (here.server.hazards.total, here.server.hazards.seen) == (0, [])

    play(act)


def test_the_report_says_what_met_in_words() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        await at_once(here, cancel(user, process.processid), remove(user, process.processid))
        which = f"of {process.processid[:12]}… by u"
        pattern = (
            r"- cancel_meets_removal, once\n    what met: "
            rf"remove_process \(removeprocessmsg\) {which}, sent before the reply to "
            rf"cancel_process \(cancelprocessmsg\) {which}(, \d+\.\d ms (earlier|later))?\n"
        )
        assert re.match(pattern, here.server.hazards.report())
        process = await here.submit(user)
        await at_once(here, cancel(user, process.processid), remove(user, process.processid))
        assert here.server.hazards.report().startswith("- cancel_meets_removal, 2 times\n")
        assert not here.server.hazards.report(but=["cancel_meets_removal"])

    play(act)


def test_nothing_is_noticed_when_it_is_off() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        process = await here.submit(user)
        await at_once(here, cancel(user, process.processid), remove(user, process.processid))
        await here.submit(user)
        await here.assign(executor)
        await here.call(*remove_all(here, -1))
        assert noticed(here) == {}

    play(act, hazards="off")


def test_an_unknown_mode_is_refused() -> None:
    async def act(here: Lab) -> None:
        raise AssertionError(here)

    with pytest.raises(ValueError, match="'perhaps'"):
        play(act, hazards="perhaps")
