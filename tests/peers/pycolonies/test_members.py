"""Colonies, executors, users, functions and statistics."""

from __future__ import annotations

import pytest
from lab import Lab, Member
from pycolonies import ColoniesConnectionError


def test_colonies(lab: Lab) -> None:
    listed = lab.client.list_colonies(lab.server_prvkey)
    assert {"colonyid": lab.owner.id, "name": lab.colonyname} in listed
    assert lab.client.get_colony(lab.colonyname, lab.user.prvkey) == {
        "colonyid": lab.owner.id,
        "name": lab.colonyname,
    }
    with pytest.raises(ColoniesConnectionError, match="Access denied"):
        lab.client.list_colonies(lab.owner.prvkey)


def test_executors(lab: Lab) -> None:
    newcomer = Member.new()
    added = lab.add_executor("newcomer", newcomer, approve=False)
    assert (added["executorname"], added["executorid"], added["state"]) == ("newcomer", newcomer.id, 0)
    for decide, state in ((lab.client.reject_executor, 2), (lab.client.approve_executor, 1)):
        decide(lab.colonyname, "newcomer", lab.owner.prvkey)
        assert lab.client.get_executor(lab.colonyname, "newcomer", lab.user.prvkey)["state"] == state
    names = [e["executorname"] for e in lab.client.list_executors(lab.colonyname, lab.user.prvkey)]
    assert sorted(names) == ["newcomer", "worker"]
    lab.client.remove_executor(lab.colonyname, "newcomer", lab.owner.prvkey)
    with pytest.raises(ColoniesConnectionError, match="Access denied"):
        lab.client.get_executor(lab.colonyname, "worker", newcomer.prvkey)


def test_only_approved_executors_work(lab: Lab) -> None:
    pending = Member.new()
    lab.add_executor("pending", pending, approve=False)
    with pytest.raises(ColoniesConnectionError, match="not a member"):
        lab.client.assign(lab.colonyname, 1, pending.prvkey)


def test_users(lab: Lab) -> None:
    [user] = lab.client.get_users(lab.colonyname, lab.user.prvkey)
    assert (user["name"], user["userid"]) == ("ada", lab.user.id)
    lab.client.remove_user(lab.colonyname, "ada", lab.owner.prvkey)
    assert not lab.client.get_users(lab.colonyname, lab.executor.prvkey)
    with pytest.raises(ColoniesConnectionError, match="not a member"):
        lab.submit()


def test_functions_and_their_statistics(lab: Lab) -> None:
    added = lab.client.add_function(lab.colonyname, "worker", "echo", lab.executor.prvkey)
    assert (added["funcname"], added["counter"]) == ("echo", 0)
    lab.submit()
    lab.close(lab.assign(), "done")
    by_executor = lab.client.get_functions_by_executor(lab.colonyname, "worker", lab.user.prvkey)
    by_colony = lab.client.get_functions_by_colony(lab.colonyname, lab.user.prvkey)
    assert by_executor == by_colony
    assert [(f["executorname"], f["funcname"], f["counter"]) for f in by_colony] == [("worker", "echo", 1)]


def test_statistics(lab: Lab) -> None:
    for _ in range(3):
        lab.submit()
    lab.close(lab.assign())
    lab.client.fail(lab.assign().processid, ["no"], lab.executor.prvkey)
    statistics = lab.client.stats(lab.colonyname, lab.user.prvkey)
    counted = ("executors", "waitingprocesses", "runningprocesses", "successfulprocesses", "failedprocesses")
    assert [statistics[name] for name in counted] == [1, 1, 0, 1, 1]
