"""Workers that bring the world in line with blueprints."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from colonyos_gen import (
    FAILED,
    SUCCESS,
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintMetadata,
    Context,
    Process,
    ProcessState,
    Worker,
)
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, until


def define(colony: LocalColony, executortype: str = EXECUTORTYPE) -> None:
    """Declare the kind Lamp."""
    handler = BlueprintHandlerSpec(executorType=executortype, functionName="light")
    names = BlueprintDefinitionNames(kind="Lamp")
    colony.client.add_blueprint_definition(
        BlueprintDefinition(
            metadata=BlueprintMetadata(name="lamps", colonyname=colony.name),
            spec=BlueprintDefinitionSpec(names=names, handler=handler),
        )
    )


def lamp(colony: LocalColony, name: str = "hall", **spec: Any) -> Blueprint:
    """A lamp to be."""
    metadata = BlueprintMetadata(name=name, colonyname=colony.name, generation=1)
    return Blueprint(kind="Lamp", metadata=metadata, spec=spec)


def processes(colony: LocalColony, state: ProcessState) -> list[Process]:
    """The processes in a state, the newest first."""
    return colony.client.get_processes(colony.name, 100, state)


def test_a_blueprint_is_brought_in_line_whenever_it_changes(colonies: LocalColony) -> None:
    worker, seen = Worker(EXECUTORTYPE), list[tuple[dict[str, Any], dict[str, Any]]]()

    @worker.reconciles("Lamp")
    def light(blueprint: Blueprint, ctx: Context) -> dict[str, Any]:
        """Switch lamps."""
        seen.append((blueprint.spec, blueprint.status))
        ctx.log(f"{blueprint.metadata.name} is set")
        return {"on": blueprint.spec["on"]}

    define(colonies)
    with colonies.worker(worker):
        (function,) = colonies.client.get_functions(colonies.name)
        assert (function.funcname, function.description) == ("light", "Switch lamps.")
        added = colonies.client.add_blueprint(lamp(colonies, on=True))
        until(lambda: colonies.client.get_blueprint(colonies.name, "hall").status == {"on": True})
        added.spec, added.status = {"on": False}, {"on": True}
        colonies.client.update_blueprint(added)
        until(lambda: colonies.client.get_blueprint(colonies.name, "hall").status == {"on": False})
        until(lambda: len(processes(colonies, SUCCESS)) == 2)
    assert seen == [({"on": True}, {}), ({"on": False}, {"on": True})]
    end = processes(colonies, SUCCESS)[0]
    assert end.output == [{"hall": {"on": False}}]
    assert [each.message for each in colonies.client.get_logs(colonies.name, end.processid)] == [
        "hall is set"
    ]


def test_the_cron_is_for_all_of_the_kind_and_one_that_fails_holds_up_no_other(colonies: LocalColony) -> None:
    worker, broken = Worker(EXECUTORTYPE), threading.Event()

    @worker.reconciles("Lamp")
    async def light(blueprint: Blueprint) -> dict[str, Any] | None:
        if blueprint.metadata.name == "cellar":
            return None
        if broken.is_set() and blueprint.metadata.name == "attic":
            raise RuntimeError("the bulb is gone")
        return {"looks": blueprint.status.get("looks", 0) + 1}

    define(colonies)
    for name in ("attic", "cellar", "hall"):
        colonies.client.add_blueprint(lamp(colonies, name))
    with colonies.worker(worker):
        until(lambda: len(processes(colonies, SUCCESS)) == 3)
        broken.set()
        colonies.advance(minutes=3)
        until(lambda: len(processes(colonies, FAILED)) >= 1)
        end = processes(colonies, FAILED)[-1]
        assert end.spec.kwargs == {"kind": "Lamp"}
        assert end.errors[0].endswith("1 of 3 blueprints: attic: RuntimeError: the bulb is gone")
        until(lambda: colonies.client.get_blueprint(colonies.name, "hall").status["looks"] >= 2)
        assert colonies.client.get_blueprint(colonies.name, "attic").status == {"looks": 1}
        assert colonies.client.get_blueprint(colonies.name, "cellar").status == {}


@pytest.mark.parametrize("wanted", [False, True])
def test_what_was_removed_is_cleaned_up(colonies: LocalColony, wanted: bool) -> None:
    worker, cleaned = Worker(EXECUTORTYPE), list[str]()

    @worker.reconciles("Lamp")
    def light(blueprint: Blueprint) -> None:
        pass

    if wanted:

        @worker.cleans_up("Lamp")
        def clean(name: str) -> None:
            cleaned.append(name)

    define(colonies)
    colonies.client.add_blueprint(lamp(colonies))
    with colonies.worker(worker):
        until(lambda: len(processes(colonies, SUCCESS)) == 1)
        colonies.client.remove_blueprint(colonies.name, "hall")
        until(lambda: len(processes(colonies, SUCCESS)) == 2)
    assert processes(colonies, SUCCESS)[0].spec.funcname == "cleanup"
    assert cleaned == (["hall"] if wanted else [])


def test_a_status_must_be_a_mapping(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.reconciles("Lamp")
    def light(blueprint: Blueprint) -> Any:  # noqa: ARG001
        return "on"

    define(colonies)
    colonies.client.add_blueprint(lamp(colonies))
    with colonies.worker(worker):
        until(lambda: len(processes(colonies, FAILED)) == 1)
    assert "the status must be a mapping" in processes(colonies, FAILED)[0].errors[0]


def test_a_kind_that_nobody_has_defined_yet_is_handled_when_it_comes(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    worker, seen = Worker(EXECUTORTYPE), threading.Event()

    @worker.reconciles("Lamp")
    def light(blueprint: Blueprint) -> None:  # noqa: ARG001
        seen.set()

    caplog.set_level(logging.INFO, "colonyos_gen.worker")
    with colonies.worker(worker):
        define(colonies)
        colonies.client.add_blueprint(lamp(colonies))
        assert seen.wait(60)
    assert "there is no blueprint definition of kind Lamp yet" in caplog.text


def test_a_kind_of_another_executor_type_is_told(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.reconciles("Lamp")
    def light(blueprint: Blueprint) -> None:
        pass

    define(colonies, "electrician")
    with colonies.worker(worker):
        assert colonies.client.get_functions(colonies.name) == []
    assert "handled by executors of type 'electrician'" in caplog.text
