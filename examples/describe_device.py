"""Describe the kind HomeDevice, and want a lamp of that kind to be on. Needs the key of the colony owner.

python examples/describe_device.py
"""

from __future__ import annotations

import contextlib

from colonyos_gen import (
    AlreadyExistsError,
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintMetadata,
    connect,
)

KIND = "HomeDevice"


def main() -> None:
    with connect() as colony:
        definition = BlueprintDefinition(
            metadata=BlueprintMetadata(name="homedevice", colonyname=colony.colonyname),
            spec=BlueprintDefinitionSpec(
                names=BlueprintDefinitionNames(kind=KIND),
                # Whoever looks after such devices: workers of this type.
                handler=BlueprintHandlerSpec(executorType="home", functionName="reconcile"),
            ),
        )
        lamp = Blueprint(
            kind=KIND,
            metadata=BlueprintMetadata(name="lamp", colonyname=colony.colonyname, generation=1),
            spec={"power": "on", "brightness": 70},
        )
        with contextlib.suppress(AlreadyExistsError):
            colony.rpc.add_blueprint_definition(definition)
        with contextlib.suppress(AlreadyExistsError):
            colony.rpc.add_blueprint(lamp)
        print("lamp:", colony.rpc.get_blueprint(colony.colonyname, "lamp").spec)


if __name__ == "__main__":
    main()
