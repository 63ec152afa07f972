"""The life of a process."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest
from lab import Lab
from pycolonies import Colonies, ColoniesConnectionError


def triple(number: int) -> int:
    return 3 * number


def test_submit_assign_close(lab: Lab) -> None:
    submitted = lab.submit("add", [1, 2], kwargs={"unit": "m"}, priority=5, maxexectime=60, maxretries=2)
    assert (submitted.state, submitted.initiatorname) == (Colonies.WAITING, "ada")
    assigned = lab.assign()
    assert (assigned.processid, assigned.state) == (submitted.processid, Colonies.RUNNING)
    assert (assigned.spec.args, assigned.spec.kwargs, assigned.spec.priority) == ([1, 2], {"unit": "m"}, 5)
    assert assigned.assignedexecutorid == lab.executor.id
    lab.client.set_output(assigned.processid, ["early"], lab.executor.prvkey)
    assert lab.get(assigned).output == ["early"]
    lab.close(assigned, 3, "three", 3.5)
    closed = lab.get(assigned)
    assert (closed.state, closed.output) == (Colonies.SUCCESSFUL, [3, "three", 3.5])
    assert closed.submissiontime <= closed.starttime <= closed.endtime


def test_fail(lab: Lab) -> None:
    lab.submit()
    assigned = lab.assign()
    lab.client.fail(assigned.processid, ["first", "second"], lab.executor.prvkey)
    failed = lab.get(assigned)
    assert (failed.state, failed.errors) == (Colonies.FAILED, ["first", "second"])


def test_nothing_to_assign(lab: Lab) -> None:
    with pytest.raises(ColoniesConnectionError, match="No process available for assignment"):
        lab.assign(timeout=1)


def test_an_assign_that_waits_is_woken(lab: Lab) -> None:
    later = threading.Timer(0.3, lab.submit)
    later.start()
    assigned = lab.assign(timeout=30)
    later.join()
    assert assigned.spec.funcname == "echo"


def test_priority_comes_first(lab: Lab) -> None:
    for priority in (0, 2, 1):
        lab.submit(args=[priority], priority=priority)
    assert [lab.assign().spec.args for _ in range(3)] == [[2], [1], [0]]


def test_executors_by_name(lab: Lab) -> None:
    lab.submit(executorname="somebody-else")
    mine = lab.submit(executorname="worker")
    assert lab.assign().processid == mine.processid


def test_code_travels_in_the_environment_of_the_process(lab: Lab) -> None:
    # The way of its tutorials: source and argument names go along, and the executor runs them.
    lab.submit(triple, [14])
    assigned = lab.assign()
    assert assigned.spec.env["args_spec"] == "number"
    names: dict[str, Any] = {}
    exec(base64.b64decode(assigned.spec.env["code"]), names)
    lab.close(assigned, names[assigned.spec.funcname](*assigned.spec.args))
    assert lab.get(assigned).output == [42]


def test_lists_by_state(lab: Lab) -> None:
    ids = [lab.submit().processid for _ in range(4)]
    lab.close(lab.assign())
    lab.client.fail(lab.assign().processid, ["no"], lab.executor.prvkey)
    lab.assign()
    for state, processid in enumerate((ids[3], ids[2], ids[0], ids[1])):
        listed = lab.client.list_processes(lab.colonyname, 10, state, lab.user.prvkey)
        assert [process["processid"] for process in listed] == [processid]


def test_removal(lab: Lab) -> None:
    removed, *_ = [lab.submit() for _ in range(3)]
    lab.client.remove_process(removed.processid, lab.user.prvkey)
    with pytest.raises(ColoniesConnectionError, match="not found"):
        lab.get(removed)
    lab.client.remove_all_processes(lab.colonyname, lab.owner.prvkey)
    assert not lab.client.list_processes(lab.colonyname, 10, 0, lab.user.prvkey)


def test_attributes(lab: Lab) -> None:
    lab.submit()
    assigned = lab.assign()
    added = lab.client.add_attribute(assigned.processid, "accuracy", "0.9", lab.executor.prvkey)
    read = lab.client.get_attribute(added["attributeid"], lab.user.prvkey)
    assert (read["key"], read["value"], read["targetid"]) == ("accuracy", "0.9", assigned.processid)
    [attribute] = lab.get(assigned).attributes
    assert (attribute.key, attribute.value, attribute.attributetype) == ("accuracy", "0.9", 1)


def test_logs(lab: Lab) -> None:
    lab.submit()
    assigned = lab.assign()
    for number in range(3):
        lab.client.add_log(assigned.processid, f"line {number}\n", lab.executor.prvkey)
    lines = lab.client.get_process_log(lab.colonyname, assigned.processid, 100, 0, lab.user.prvkey)
    assert [line["message"] for line in lines] == ["line 0\n", "line 1\n", "line 2\n"]
    since = lines[0]["timestamp"]
    later = lab.client.get_process_log(lab.colonyname, assigned.processid, 1, since, lab.user.prvkey)
    assert [line["message"] for line in later] == ["line 1\n"]
    by_executor = lab.client.get_executor_log(lab.colonyname, "worker", 100, 0, lab.user.prvkey)
    assert [line["message"] for line in by_executor] == [line["message"] for line in lines]


def test_wait_for_what_has_ended(lab: Lab) -> None:
    submitted = lab.submit()
    lab.close(lab.assign(), "done")
    assert lab.client.wait(submitted, 20, lab.user.prvkey).output == ["done"]


def test_wait_for_what_will_end(lab: Lab) -> None:
    submitted = lab.submit()
    closing = threading.Timer(0.3, lambda: lab.close(lab.assign(), "done"))
    closing.start()
    ended = lab.client.wait(submitted, 30, lab.user.prvkey)
    closing.join()
    assert (ended.state, ended.output) == (Colonies.SUCCESSFUL, ["done"])


def test_strangers_are_kept_out(lab: Lab) -> None:
    submitted = lab.submit()
    with pytest.raises(ColoniesConnectionError, match="Access denied"):
        lab.client.get_process(submitted.processid, lab.owner.prvkey)
