"""Scenario 6: a device is kept as its blueprint wants it."""

from __future__ import annotations

from typing import Any

from colonyos_gen import (
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintMetadata,
    Context,
    Worker,
)
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import until

w = Worker("home")
devices: list[tuple[bool, int]] = []


def set_device(power: bool, brightness: int) -> dict[str, Any]:
    """Stands for the device, and says what it does now."""
    devices.append((power, brightness))
    return {"power": power, "brightness": brightness if power else 0}


@w.reconciles("HomeDevice")
def light(bp: Blueprint, ctx: Context) -> dict[str, Any]:  # noqa: ARG001
    return set_device(bp.spec["power"], bp.spec["brightness"])  # becomes status


def test_a_device_follows_its_blueprint(colonies: LocalColony) -> None:
    client = colonies.client
    client.add_blueprint_definition(
        BlueprintDefinition(
            metadata=BlueprintMetadata(name="devices", colonyname=colonies.name),
            spec=BlueprintDefinitionSpec(
                names=BlueprintDefinitionNames(kind="HomeDevice"),
                handler=BlueprintHandlerSpec(executorType="home", functionName="reconcile"),
            ),
        )
    )
    metadata = BlueprintMetadata(name="lamp", colonyname=colonies.name, generation=1)
    wanted = Blueprint(kind="HomeDevice", metadata=metadata, spec={"power": True, "brightness": 80})
    with colonies.worker(w):
        client.add_blueprint(wanted)
        until(lambda: client.get_blueprint(colonies.name, "lamp").status == {"power": True, "brightness": 80})
        wanted.spec = {"power": False, "brightness": 80}
        client.update_blueprint(wanted)
        until(lambda: client.get_blueprint(colonies.name, "lamp").status == {"power": False, "brightness": 0})
        colonies.advance(minutes=2)  # its cron looks after it every minute
        until(lambda: len(devices) > 2)
    assert devices[:3] == [(True, 80), (False, 80), (False, 80)]
