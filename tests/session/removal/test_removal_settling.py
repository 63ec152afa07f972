"""A timeout is for what others do; that an end settles is waited for in any case, from when it was first seen."""

from __future__ import annotations

import re
import time

import pytest
from colonyos_gen_wire.methods.process import CANCEL_PROCESS
from colonyos_gen_wire.methods.workflow import CANCEL_PROCESSGRAPH

from colonyos_gen import CANCELLED, SUCCESS, WAITING, ProcessHandle, RemovalRefused
from colonyos_gen.session._removal.ending import Ending
from colonyos_gen.session._removal.procedure import HELD_S, SETTLED_S
from colonyos_gen.testing import LocalColony
from tests.session.test_cancelling import accepted_in_vain, begun, leaves


def test_settling_is_waited_for_without_a_timeout(colonies: LocalColony) -> None:
    for thing, method in (
        (colonies.submit("add", 1, to="nobody"), "remove_process"),
        (leaves(colonies), "remove_processgraph"),
    ):
        began = time.monotonic()
        with colonies.faults.delay(method, 0) as removal:
            thing.remove(timeout=0)
        assert removal.hits == 1
        assert time.monotonic() - began >= SETTLED_S


def test_an_end_that_was_seen_has_settled_meanwhile(colonies: LocalColony) -> None:
    """The pause is counted from then, in whatever way it was seen; after a pause it would be read once more."""
    handles: list[ProcessHandle] = []
    for how in ("cancelled", "read", "waited for"):
        handle, executor = begun(colonies)
        handles.append(handle)
        if how in ("read", "waited for"):
            executor.client.close(handle.processid)
            handle.wait(60) if how == "waited for" else handle.refresh()
        else:
            handle.cancel()
    flow = leaves(colonies)
    flow.cancel()
    time.sleep(2 * HELD_S)  # slow reads make the pause longer
    with colonies.faults.delay("*", 0, times=None) as requests:
        for handle in handles:
            handle.remove(timeout=0)
        flow.remove(timeout=0)
    assert requests.hits == 2 * 4


def test_an_end_is_new_where_it_went_on_after_all() -> None:
    ending = Ending()
    ending.see(CANCELLED)
    first = ending.at
    time.sleep(0.01)
    ending.see(CANCELLED)
    assert ending.at == first
    ending.see(SUCCESS)
    second = ending.at
    assert second > first
    ending.see(None)
    time.sleep(0.01)
    ending.see(SUCCESS)
    assert ending.at > second


def test_without_time_it_is_cancelled_once(colonies: LocalColony) -> None:
    for thing, cancel, msgtype in (
        (colonies.submit("add", 1, to="nobody"), "cancel_process", CANCEL_PROCESS.msgtype),
        (leaves(colonies), "cancel_processgraph", CANCEL_PROCESSGRAPH.msgtype),
    ):
        with (
            accepted_in_vain(colonies, cancel, msgtype, times=None) as fault,
            pytest.raises(RemovalRefused, match="it is WAITING still, although a cancel was sent") as caught,
        ):
            thing.remove(timeout=0)
        assert fault.hits == 1
        assert "have passed" not in str(caught.value)
        assert "not answered" not in str(caught.value)
        assert thing.refresh().state is WAITING
        thing.remove(timeout=0)


def test_a_cancel_that_is_not_answered(colonies: LocalColony) -> None:
    """No request gets much more time than is left, and the refusal tells how long it took."""
    handle, flow = colonies.submit("add", 1, to="nobody"), leaves(colonies)
    for thing, cancel in ((handle, "cancel_process"), (flow, "cancel_processgraph")):
        for timeout in (0.0, 1.0):
            with (
                colonies.faults.delay(cancel, 120, times=None) as fault,
                pytest.raises(
                    RemovalRefused, match="it is WAITING still, although a cancel was sent, which was not"
                ) as caught,
            ):
                thing.remove(timeout=timeout)
            assert fault.hits == 1
            if timeout:
                told = re.fullmatch(r"([\d.]+) s have passed", caught.value.in_the_way[-1])
                assert told is not None
                assert float(told[1]) >= 2
        assert thing.refresh().state is WAITING


def test_many_without_time_to_wait(colonies: LocalColony) -> None:
    ids = {colonies.submit("add", n, to="nobody").processid for n in range(5)}
    running, executor = begun(colonies)
    executor.client.close(running.processid)
    ids.add(running.processid)
    flow = leaves(colonies)
    outcome = colonies.session.remove_all_processes(timeout=0)
    assert (set(outcome.removed), outcome.refused) == (ids, {})
    outcome = colonies.session.remove_all_workflows(timeout=0)
    assert (outcome.removed, outcome.refused) == ([flow.processgraphid], {})
