"""A kind with a handler, and calls about its blueprints, for the tests of blueprints."""

from __future__ import annotations

from typing import Any

from colonyos_gen_wire.methods import blueprint as methods
from colonyos_gen_wire.methods import cron as cron_methods
from colonyos_gen_wire.methods import location as location_methods
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.requests.blueprint import (
    AddBlueprintDefinitionMsg,
    AddBlueprintMsg,
    GetBlueprintHistoryMsg,
    GetBlueprintMsg,
    GetBlueprintsMsg,
    ReconcileBlueprintMsg,
    RemoveBlueprintMsg,
    UpdateBlueprintMsg,
)
from colonyos_gen_wire.requests.cron import GetCronsMsg
from colonyos_gen_wire.requests.location import GetLocationsMsg
from colonyos_gen_wire.requests.process import GetProcessesMsg
from colonyos_gen_wire.types.blueprint import (
    Blueprint,
    BlueprintDefinition,
    BlueprintDefinitionNames,
    BlueprintDefinitionSpec,
    BlueprintHandlerSpec,
    BlueprintHistory,
    BlueprintMetadata,
    ValidationSchema,
)
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.location import Location
from colonyos_gen_wire.types.process import FunctionSpec, Process

from colonyos_gen.crypto import PrivateKey

from .lab import COLONY, TYPE, Lab

KIND = "Lamp"
HANDLER = BlueprintHandlerSpec(executorType=TYPE, functionName="light")
NOBODY = BlueprintHandlerSpec()


def blueprint(name: str = "hall", *, kind: str = KIND, location: str = "", **settings: Any) -> Blueprint:
    """A blueprint of the first generation."""
    metadata = BlueprintMetadata(name=name, colonyname=COLONY, locationname=location, generation=1)
    settings.setdefault("spec", {"on": True})
    return Blueprint(kind=kind, metadata=metadata, **settings)


async def define(
    here: Lab,
    kind: str = KIND,
    *,
    name: str = "",
    handler: BlueprintHandlerSpec = HANDLER,
    schema: ValidationSchema | None = None,
    key: PrivateKey | None = None,
    colonyname: str = COLONY,
    identity: str = "",
) -> BlueprintDefinition:
    """Declare a kind, as the owner of the colony."""
    definition = BlueprintDefinition(
        blueprintdefinitionid=identity,
        metadata=BlueprintMetadata(name=name or kind.lower(), colonyname=colonyname),
        spec=BlueprintDefinitionSpec(
            names=BlueprintDefinitionNames(kind=kind), handler=handler, schema=schema
        ),
    )
    request = AddBlueprintDefinitionMsg(definition=definition)
    return await here.call(key or here.colony_key, methods.ADD_BLUEPRINT_DEFINITION, request)


async def add(here: Lab, key: PrivateKey, what: Blueprint | None = None) -> Blueprint:
    return await here.call(key, methods.ADD_BLUEPRINT, AddBlueprintMsg(blueprint=what or blueprint()))


async def get(here: Lab, key: PrivateKey, name: str = "hall") -> Blueprint:
    return await here.call(key, methods.GET_BLUEPRINT, GetBlueprintMsg(colonyname=COLONY, name=name))


async def names(here: Lab, key: PrivateKey, kind: str = "", location: str = "") -> list[str]:
    request = GetBlueprintsMsg(colonyname=COLONY, kind=kind, location=location)
    return [each.metadata.name for each in await here.call(key, methods.GET_BLUEPRINTS, request)]


async def update(here: Lab, key: PrivateKey, what: Blueprint, *, force: bool = False) -> Blueprint:
    request = UpdateBlueprintMsg(blueprint=what, force_generation=force)
    return await here.call(key, methods.UPDATE_BLUEPRINT, request)


async def remove(here: Lab, key: PrivateKey, name: str = "hall") -> None:
    await here.call(key, methods.REMOVE_BLUEPRINT, RemoveBlueprintMsg(colonyname=COLONY, name=name))


async def reconcile(here: Lab, key: PrivateKey, name: str = "hall", *, force: bool = False) -> Process:
    request = ReconcileBlueprintMsg(colonyname=COLONY, name=name, force=force)
    return await here.call(key, methods.RECONCILE_BLUEPRINT, request)


async def history(here: Lab, key: PrivateKey, what: Blueprint, limit: int = 0) -> list[BlueprintHistory]:
    request = GetBlueprintHistoryMsg(blueprintid=what.blueprintid, limit=limit)
    return await here.call(key, methods.GET_BLUEPRINT_HISTORY, request)


async def work(here: Lab, key: PrivateKey) -> list[FunctionSpec]:
    """What waits for executors, in the order in which it was submitted."""
    request = GetProcessesMsg(colonyname=COLONY, count=100, state=ProcessState.WAITING)
    return [each.spec for each in await here.call(key, process_methods.GET_PROCESSES, request)]


async def crons(here: Lab, key: PrivateKey) -> list[Cron]:
    return await here.call(key, cron_methods.GET_CRONS, GetCronsMsg(colonyname=COLONY, count=100))


async def cron_names(here: Lab, key: PrivateKey) -> list[str]:
    return sorted(cron.name for cron in await crons(here, key))


async def locations(here: Lab, key: PrivateKey) -> list[Location]:
    return await here.call(key, location_methods.GET_LOCATIONS, GetLocationsMsg(colonyname=COLONY))
