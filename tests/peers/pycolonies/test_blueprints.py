"""Blueprints, their definitions, and the processes that reconcile them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from lab import Lab
from pycolonies import ColoniesConnectionError


@pytest.fixture
def lamps(lab: Lab) -> Generator[dict[str, Any]]:
    """A kind `Lamp`, and one blueprint of it; both are removed at the end, since they outlive a colony."""
    properties = {"power": {"type": "boolean"}, "brightness": {"type": "number"}}
    definition = {
        "kind": "Lamp",
        "metadata": {"name": "lamp", "colonyname": lab.colonyname},
        "spec": {
            "names": {"kind": "Lamp"},
            "schema": {"type": "object", "properties": properties, "required": ["power"]},
            "handler": {"executorType": lab.executortype, "functionName": "light"},
        },
    }
    lab.client.add_blueprint_definition(definition, lab.owner.prvkey)
    added = lab.client.add_blueprint(lamp(lab, power=True), lab.user.prvkey)
    yield added
    for blueprint in lab.client.get_blueprints(lab.colonyname, lab.user.prvkey) or ():
        lab.client.remove_blueprint(lab.colonyname, blueprint["metadata"]["name"], lab.user.prvkey)
    lab.client.remove_blueprint_definition(lab.colonyname, "lamp", lab.owner.prvkey)
    assert not lab.client.get_blueprint_definitions(lab.colonyname, lab.owner.prvkey)


def lamp(lab: Lab, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "desk", "colonyname": lab.colonyname, "generation": 1}
    return {"kind": "Lamp", "metadata": metadata, "spec": spec}


def test_definitions(lab: Lab, lamps: dict[str, Any]) -> None:
    del lamps
    read = lab.client.get_blueprint_definition(lab.colonyname, "lamp", lab.owner.prvkey)
    assert read["spec"]["handler"]["functionName"] == "light"
    listed = lab.client.get_blueprint_definitions(lab.colonyname, lab.owner.prvkey)
    assert [definition["metadata"]["name"] for definition in listed] == ["lamp"]


def test_a_blueprint_is_reconciled(lab: Lab, lamps: dict[str, Any]) -> None:
    del lamps
    added = lab.assign()
    assert (added.spec.funcname, added.spec.kwargs) == ("light", {"kind": "Lamp", "blueprintName": "desk"})
    blueprint = lab.client.get_blueprint(lab.colonyname, "desk", lab.executor.prvkey)
    key = lab.executor.prvkey
    lab.client.update_blueprint_status(lab.colonyname, "desk", {"power": blueprint["spec"]["power"]}, key)
    lab.close(added)
    assert lab.client.get_blueprint(lab.colonyname, "desk", lab.user.prvkey)["status"] == {"power": True}
    lab.client.reconcile_blueprint(lab.colonyname, "desk", lab.user.prvkey)
    again = lab.assign()
    assert again.spec.funcname == "light"
    lab.close(again)


def test_an_update_is_a_new_generation(lab: Lab, lamps: dict[str, Any]) -> None:
    lab.client.update_blueprint(lamp(lab, power=False, brightness=0.5), lab.user.prvkey)
    updated = lab.client.get_blueprint(lab.colonyname, "desk", lab.user.prvkey)
    assert (updated["spec"], updated["metadata"]["generation"]) == ({"power": False, "brightness": 0.5}, 2)
    history = lab.client.get_blueprint_history(lamps["blueprintid"], lab.user.prvkey)
    assert sorted((entry["generation"], entry["changetype"]) for entry in history) == [
        (1, "create"),
        (2, "update"),
    ]
    assert len(lab.client.get_blueprint_history(lamps["blueprintid"], lab.user.prvkey, limit=1)) == 1


def test_lists_by_kind(lab: Lab, lamps: dict[str, Any]) -> None:
    del lamps
    for kind, names in (("Lamp", ["desk"]), ("Sink", [])):
        listed = lab.client.get_blueprints(lab.colonyname, lab.user.prvkey, kind=kind) or []
        assert [blueprint["metadata"]["name"] for blueprint in listed] == names


def test_the_schema_of_the_definition_counts(lab: Lab, lamps: dict[str, Any]) -> None:
    del lamps
    with pytest.raises(ColoniesConnectionError, match="power"):
        lab.client.update_blueprint(lamp(lab, brightness=1), lab.user.prvkey)
