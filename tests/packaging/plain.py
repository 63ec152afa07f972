"""What works without any extra: `python tests/packaging/plain.py`, where the package is installed and nothing else."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from colonyos_gen import (
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintMetadata,
    FunctionSpec,
    InvalidError,
    SchemaProperty,
    ValidationSchema,
)
from colonyos_gen.testing import LocalColony

START = datetime(2026, 3, 26, 12, tzinfo=UTC)
SCHEDULES = ["0 30 3 * * MON-FRI", "CRON_TZ=Europe/Stockholm 0 0 5 * * *", "@hourly", "@every 90m"]
SCHEMA = ValidationSchema(required=["size"], properties={"size": SchemaProperty(type="number", enum=[1, 2])})


def crons(colony: LocalColony) -> list[int]:
    """How often each of the schedules has started its function in 36 hours."""
    for number, schedule in enumerate(SCHEDULES):
        spec = FunctionSpec.new(f"f{number}", "worker", colony.name)
        colony.session.crons.add(f"c{number}", schedule, spec=spec)
    colony.advance(hours=36, minutes=10)
    started = [each.spec.funcname for each in colony.client.get_processes(colony.name, 100)]
    return [started.count(f"f{number}") for number in range(len(SCHEDULES))]


def blueprints(colony: LocalColony) -> list[str]:
    """What is said to specs that the schema of their kind forbids."""
    definition = BlueprintDefinition(
        kind="BlueprintDefinition",
        metadata=BlueprintMetadata(name="lamps", colonyname=colony.name),
        spec=BlueprintDefinitionSpec(names=BlueprintDefinitionNames(kind="Lamp"), schema=SCHEMA),
    )
    colony.client.add_blueprint_definition(definition)
    said: list[str] = []
    for name, spec in (("good", {"size": 2}), ("empty", {}), ("odd", {"size": "2"}), ("big", {"size": 3})):
        metadata = BlueprintMetadata(name=name, colonyname=colony.name)
        try:
            colony.client.add_blueprint(Blueprint(kind="Lamp", metadata=metadata, spec=spec))
        except InvalidError as error:
            said.append(error.message)
    return said


def main() -> int:
    """Do both, and say what is wrong."""
    with LocalColony(start=START) as colony:
        counts, said = crons(colony), blueprints(colony)
    expected = ["required field 'size' is missing", "field 'size' must be a number", "must be one of [1 2]"]
    good = counts == [1, 1, 36, 24] and len(said) == len(expected)
    good = good and all(text in each for text, each in zip(expected, said, strict=True))
    print("Crons and schemas work." if good else f"runs of {SCHEDULES}: {counts}; refusals: {said}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
