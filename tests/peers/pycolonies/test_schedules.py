"""Crons and generators."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lab import Lab
from model import Workflow
from pycolonies import ColoniesConnectionError

# add_cron misspells `waitforprevprocessgraph`, so no server ever sees that flag set.


def add_cron(lab: Lab, expression: str) -> dict[str, Any]:
    workflow = Workflow(colonyname=lab.colonyname, functionspecs=[lab.spec("tick", ["tock"])])
    return lab.client.add_cron("clock", expression, False, workflow, lab.colonyname, lab.user.prvkey)


def test_a_cron_runs(lab: Lab) -> None:
    cron = add_cron(lab, "* * * * * *")
    process = lab.assign(timeout=30)
    assert (process.spec.funcname, process.spec.args, process.initiatorid) == ("tick", ["tock"], lab.user.id)
    lab.close(process)
    lab.client.del_cron(cron["cronid"], lab.user.prvkey)


def test_crons_are_kept(lab: Lab) -> None:
    cron = add_cron(lab, "0 0 3 1 1 *")
    listed = lab.client.get_crons(lab.colonyname, 10, lab.user.prvkey)
    assert [(c["cronid"], c["name"], c["cronexpression"]) for c in listed] == [
        (cron["cronid"], "clock", "0 0 3 1 1 *")
    ]
    assert lab.client.get_cron(cron["cronid"], lab.user.prvkey)["prevprocessgraphid"] == ""
    lab.client.run_cron(cron["cronid"], lab.user.prvkey)
    process = lab.assign()
    assert process.spec.funcname == "tick"
    ran = lab.client.get_cron(cron["cronid"], lab.user.prvkey)
    assert ran["prevprocessgraphid"] == process.processgraphid
    lab.client.del_cron(cron["cronid"], lab.user.prvkey)
    assert not lab.client.get_crons(lab.colonyname, 10, lab.user.prvkey)


def test_a_cron_needs_six_fields(lab: Lab) -> None:
    with pytest.raises(ColoniesConnectionError, match="expected exactly 6 fields"):
        add_cron(lab, "* * * * *")


def test_generators(lab: Lab) -> None:
    workflow = Workflow(colonyname=lab.colonyname, functionspecs=[lab.spec("batch")])
    generator = {
        "colonyname": lab.colonyname,
        "name": "batches",
        "trigger": 3,
        "timeout": -1,
        "workflowspec": json.dumps(workflow.model_dump(by_alias=True)),
    }
    added = lab.client.add_generator(generator, lab.user.prvkey)
    read = lab.client.get_generator(added["generatorid"], lab.user.prvkey)
    assert (read["name"], read["trigger"], read["queuesize"]) == ("batches", 3, 0)
    listed = lab.client.get_generators(lab.colonyname, lab.user.prvkey)
    assert [generator["generatorid"] for generator in listed] == [added["generatorid"]]
    lab.client.remove_generator(added["generatorid"], lab.user.prvkey)  # it cannot pack, so nothing ever runs
    assert not lab.client.get_generators(lab.colonyname, lab.user.prvkey)
