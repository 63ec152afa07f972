"""Blueprints and the definitions of their kinds: what is stored, and how often it has changed.

The generation of a blueprint goes up whenever its spec changes, so that whoever looks after it can tell whether what
they have done is out of date. Every generation that came of an add or an update is kept as a version.
"""

from __future__ import annotations

import uuid
from typing import cast

from colonyos_gen_wire.methods import blueprint as methods
from colonyos_gen_wire.nulls import is_null
from colonyos_gen_wire.types.blueprint import (
    Blueprint,
    BlueprintDefinition,
    BlueprintHandlerSpec,
)
from colonyos_gen_wire.types.location import Location
from msgspec.structs import replace

from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._store.records import BlueprintVersion, Records

_CREATE = "create"
_UPDATE = "update"


class Catalogue:
    """The blueprints and definitions of all colonies. Rights, schemas and handlers are the business of others."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def definitions(self, colonyname: str) -> list[BlueprintDefinition]:
        """The definitions of a colony, by name."""
        found = self._records.definitions_of_colony.find(colonyname)
        return sorted(found, key=lambda definition: definition.metadata.name)

    def definition(self, colonyname: str, name: str) -> BlueprintDefinition | None:
        """The definition with this name."""
        return next((each for each in self.definitions(colonyname) if each.metadata.name == name), None)

    def definition_of_kind(self, colonyname: str, kind: str) -> BlueprintDefinition | None:
        """The definition that declares `kind`; of several, the one whose name comes first."""
        return next((each for each in self.definitions(colonyname) if each.spec.names.kind == kind), None)

    def handler_of(self, blueprint: Blueprint, *, first_added: bool = False) -> BlueprintHandlerSpec:
        """Who looks after `blueprint`, by the definition whose name comes first, or the one that was added first; an empty
        one if nobody does."""
        colonyname, kind = blueprint.metadata.colonyname, blueprint.kind
        if first_added:
            found = self._records.definitions_of_colony.find(colonyname)
            definition = next((each for each in found if each.spec.names.kind == kind), None)
        else:
            definition = self.definition_of_kind(colonyname, kind)
        return BlueprintHandlerSpec() if definition is None else definition.spec.handler

    def blueprints(self, colonyname: str, kind: str = "", location: str = "") -> list[Blueprint]:
        """The blueprints of a colony, by name: all, or those of a kind, or those of a kind at a location."""
        if not kind:
            found = self._records.blueprints_of_colony.find(colonyname)
        else:
            found = self._records.blueprints_of_kind.find((colonyname, kind))
            if location:
                wanted = location.lower()
                found = [each for each in found if each.metadata.locationname.lower() == wanted]
        return sorted(found, key=lambda blueprint: blueprint.metadata.name)

    def define(self, definition: BlueprintDefinition) -> BlueprintDefinition:
        """Store a definition, with an id if it has none."""
        return self._records.definitions.put(
            replace(definition, blueprintdefinitionid=definition.blueprintdefinitionid or new_id())
        )

    def add(self, blueprint: Blueprint, signer: str) -> Blueprint:
        """Store a new blueprint, with an id if it has none, as its first version."""
        blueprint = replace(blueprint, blueprintid=blueprint.blueprintid or new_id())
        self.add_location(blueprint)
        self._keep_version(blueprint, _CREATE, signer)
        self._records.blueprints.put(_as_read_back(blueprint))
        return blueprint

    def update(self, old: Blueprint, new: Blueprint, signer: str, *, force: bool) -> Blueprint:
        """Store `new` in the place of `old`. What stays is the id, and the generation unless the spec has changed."""
        changed = force or not same_json(old.spec, new.spec)
        generation = old.metadata.generation + int(changed)
        blueprint = replace(
            new, blueprintid=old.blueprintid, metadata=replace(new.metadata, generation=generation)
        )
        if changed:
            self._keep_version(blueprint, _UPDATE, signer)
        self._records.blueprints.put(_as_read_back(blueprint))
        return blueprint

    def raise_generation(self, blueprint: Blueprint) -> Blueprint:
        """Count a generation that changes nothing; no version is kept of it."""
        metadata = replace(blueprint.metadata, generation=blueprint.metadata.generation + 1)
        return self._records.blueprints.put(replace(blueprint, metadata=metadata))

    def versions(self, blueprintid: str, limit: int) -> list[BlueprintVersion]:
        """The versions of a blueprint, newest first; with a positive `limit` no more than that."""
        found = self._records.versions_of_blueprint.find(blueprintid)[::-1]
        return found[:limit] if limit > 0 else found

    def add_location(self, blueprint: Blueprint) -> None:
        """Make the location of `blueprint`, unless there is one of its name."""
        colonyname, name = blueprint.metadata.colonyname, blueprint.metadata.locationname
        if name and self._records.location(colonyname, name) is None:
            description = f"Auto-created from blueprint {blueprint.metadata.name}"
            self._records.locations.put(
                Location(locationid=new_id(), name=name, colonyname=colonyname, description=description)
            )

    def _keep_version(self, blueprint: Blueprint, changetype: str, signer: str) -> None:
        self._records.blueprint_versions.put(
            BlueprintVersion(
                historyid=str(uuid.uuid4()),
                blueprintid=blueprint.blueprintid,
                kind=blueprint.kind,
                namespace=blueprint.metadata.colonyname,
                name=blueprint.metadata.name,
                generation=blueprint.metadata.generation,
                spec=None if is_null(blueprint.spec) else blueprint.spec,
                status=blueprint.status,
                timestamp=moment(self._clock.now_ns()),
                changedby=signer,
                changetype=changetype,
            )
        )


def require_storable_definition(definition: BlueprintDefinition) -> None:
    """Refuse a definition with texts that could not be kept, or not be passed on to processes."""
    spec = definition.spec
    require_text(
        methods.ADD_BLUEPRINT_DEFINITION,
        definition.blueprintdefinitionid,
        definition.metadata.name,
        spec.group,
        spec.version,
        spec.names.kind,
        spec.handler.executorType,
        spec.handler.functionName,
    )


def require_storable_blueprint(blueprint: Blueprint) -> None:
    """Refuse a blueprint with texts that could not be kept."""
    name, location = blueprint.metadata.name, blueprint.metadata.locationname
    require_text(methods.ADD_BLUEPRINT, blueprint.blueprintid, name, location, blueprint.kind)


def _as_read_back(blueprint: Blueprint) -> Blueprint:
    """`blueprint` as readers get it: with an empty spec if it was sent with null."""
    return replace(blueprint, spec=dict(blueprint.spec))


def same_json(one: object, other: object) -> bool:
    """Whether two JSON values are equal. 1 and 1.0 are, 1 and true are not."""
    pairs: list[tuple[object, object]] = [(one, other)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            ours, theirs = cast("dict[str, object]", one), cast("dict[str, object]", other)
            if ours.keys() != theirs.keys():
                return False
            pairs += [(ours[key], theirs[key]) for key in ours]
        elif isinstance(one, list) and isinstance(other, list):
            mine, yours = cast("list[object]", one), cast("list[object]", other)
            if len(mine) != len(yours):
                return False
            pairs += zip(mine, yours, strict=True)
        elif one != other or isinstance(one, bool) is not isinstance(other, bool):
            return False
    return True
