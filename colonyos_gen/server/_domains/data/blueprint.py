"""Blueprints: what shall be, and the definitions of their kinds, which say who brings it about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import blueprint as errors
from colonyos_gen_wire.methods import blueprint as methods
from colonyos_gen_wire.nulls import NullMap
from colonyos_gen_wire.types.blueprint import (
    Blueprint,
    BlueprintDefinition,
    BlueprintHandlerSpec,
)
from colonyos_gen_wire.types.process import Process
from msgspec.structs import asdict, replace

from colonyos_gen.server._blueprints.catalogue import (
    Catalogue,
    require_storable_blueprint,
    require_storable_definition,
)
from colonyos_gen.server._blueprints.handler import HandlerWork, can_reconcile
from colonyos_gen.server._blueprints.validation import require_valid
from colonyos_gen.server._caller.access import Access, AnyMethod, error_of
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.plain_text import json_has_nul, require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.blueprint import (
        AddBlueprintDefinitionMsg,
        AddBlueprintMsg,
        GetBlueprintDefinitionMsg,
        GetBlueprintDefinitionsMsg,
        GetBlueprintHistoryMsg,
        GetBlueprintMsg,
        GetBlueprintsMsg,
        ReconcileBlueprintMsg,
        RemoveBlueprintDefinitionMsg,
        RemoveBlueprintMsg,
        UpdateBlueprintMsg,
        UpdateBlueprintStatusMsg,
    )
    from colonyos_gen_wire.types.blueprint import BlueprintHistory


class Blueprints:
    """Serves the blueprint messages."""

    def __init__(self, records: Records, access: Access, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._quirks = quirks
        self._access = access
        self._catalogue = Catalogue(records, clock)
        self._work = HandlerWork(records, clock, quirks)

    async def add_blueprint_definition(
        self, request: AddBlueprintDefinitionMsg, signer: str, /
    ) -> BlueprintDefinition:
        definition = request.definition
        colonyname, name = definition.metadata.colonyname, definition.metadata.name
        self._access.require(methods.ADD_BLUEPRINT_DEFINITION, signer, colonyname)
        require_storable_definition(definition)
        if self._records.definitions.get(definition.blueprintdefinitionid) is not None:
            raise Refusal(
                errors.ADD_BLUEPRINT_DEFINITION_DUPLICATE_KEY, detail="prod_blueprintdefinitions_pkey"
            )
        if self._catalogue.definition(colonyname, name) is not None:
            raise Refusal(
                errors.ADD_BLUEPRINT_DEFINITION_DUPLICATE_KEY,
                detail="prod_blueprintdefinitions_colony_name_name_key",
            )
        return self._catalogue.define(definition)

    async def get_blueprint_definition(
        self, request: GetBlueprintDefinitionMsg, signer: str, /
    ) -> BlueprintDefinition:
        self._access.require(methods.GET_BLUEPRINT_DEFINITION, signer, request.colonyname)
        definition = self._catalogue.definition(request.colonyname, request.name)
        if definition is None:
            raise Refusal(errors.GET_BLUEPRINT_DEFINITION_BLUEPRINT_DEFINITION_NOT_FOUND)
        return definition

    async def get_blueprint_definitions(
        self, request: GetBlueprintDefinitionsMsg, signer: str, /
    ) -> list[BlueprintDefinition]:
        self._access.require(methods.GET_BLUEPRINT_DEFINITIONS, signer, request.colonyname)
        return self._catalogue.definitions(request.colonyname)

    async def remove_blueprint_definition(
        self, request: RemoveBlueprintDefinitionMsg, signer: str, /
    ) -> None:
        method, colonyname, name = methods.REMOVE_BLUEPRINT_DEFINITION, request.colonyname, request.name
        self._access.require(method, signer, colonyname)
        definition = self._catalogue.definition(colonyname, name)
        if definition is None:
            raise Refusal(error_of(method, "blueprintdefinition_not_found"), name=name, colony=colonyname)
        kind = definition.spec.names.kind
        if used := self._records.blueprints_of_kind.count((colonyname, kind)):
            error = error_of(method, "cannot_remove_blueprintdefinition_n_blueprint_s_of_kind_stil")
            raise Refusal(error, name=name, n=used, kind=kind)
        self._records.definitions.remove(definition)

    async def add_blueprint(self, request: AddBlueprintMsg, signer: str, /) -> Blueprint:
        method, blueprint = methods.ADD_BLUEPRINT, request.blueprint
        colonyname, name = blueprint.metadata.colonyname, blueprint.metadata.name
        self._access.require(method, signer, colonyname)
        handler = self._accept(method, blueprint)
        require_name("location name", blueprint.metadata.locationname)
        if self._records.blueprint(colonyname, name) is not None:
            raise Refusal(errors.ADD_BLUEPRINT_BLUEPRINT_ALREADY_EXISTS, name=name, colony=colonyname)
        if self._records.blueprints.get(blueprint.blueprintid) is not None:
            raise Refusal(errors.ADD_BLUEPRINT_DUPLICATE_KEY, detail="prod_blueprints_pkey")
        added = self._catalogue.add(blueprint, signer)
        if can_reconcile(handler):
            self._work.add_cron(added, handler, signer)
            self._work.reconcile(added, handler, signer)
        return added

    async def get_blueprint(self, request: GetBlueprintMsg, signer: str, /) -> Blueprint:
        method = methods.GET_BLUEPRINT
        self._access.require(method, signer, request.colonyname)
        return self._find(method, request.colonyname, request.name)

    async def get_blueprints(self, request: GetBlueprintsMsg, signer: str, /) -> list[Blueprint]:
        self._access.require(methods.GET_BLUEPRINTS, signer, request.colonyname)
        if request.kind:  # otherwise nobody reads the location
            require_text(methods.GET_BLUEPRINTS, request.location)
        return self._catalogue.blueprints(request.colonyname, request.kind, request.location)

    async def update_blueprint(self, request: UpdateBlueprintMsg, signer: str, /) -> Blueprint:
        method, new = methods.UPDATE_BLUEPRINT, request.blueprint
        colonyname, name = new.metadata.colonyname, new.metadata.name
        self._access.require(method, signer, colonyname)
        require_text(method, name)
        old = self._find(method, colonyname, name)
        handler = self._accept(method, new)
        moves = not self._quirks.updates_move_nothing
        if moves:
            require_name("location name", new.metadata.locationname)
        updated = self._catalogue.update(old, new, signer, force=request.force_generation)
        if moves:
            self._catalogue.add_location(updated)
        if can_reconcile(handler):
            if moves and (old.kind, old.metadata.locationname) != (
                updated.kind,
                updated.metadata.locationname,
            ):
                self._work.add_cron(updated, handler, signer)
            if updated.metadata.generation != old.metadata.generation and self._starts_work(
                colonyname, signer
            ):
                self._work.reconcile(updated, handler, signer)
        if moves:
            self._work.drop_cron(old)
        return updated

    async def remove_blueprint(self, request: RemoveBlueprintMsg, signer: str, /) -> None:
        method = methods.REMOVE_BLUEPRINT
        self._access.require(method, signer, request.colonyname)
        blueprint = self._find(method, request.colonyname, request.name)
        self._records.blueprints.remove(blueprint)
        self._work.drop_cron(blueprint)
        self._work.clean_up(blueprint, self._handler_of(blueprint), signer)

    async def update_blueprint_status(self, request: UpdateBlueprintStatusMsg, signer: str, /) -> None:
        method = methods.UPDATE_BLUEPRINT_STATUS
        self._access.require(method, signer, request.colonyname)
        blueprint = self._find(method, request.colonyname, request.name)
        # The database reads the whole blueprint for it, and knows no NUL character in JSON.
        if json_has_nul([request.status, blueprint.spec, blueprint.metadata.locationname]):
            raise Refusal(errors.UPDATE_BLUEPRINT_STATUS_NUL_IN_STATUS)
        self._records.blueprints.put(replace(blueprint, status=request.status))

    async def reconcile_blueprint(self, request: ReconcileBlueprintMsg, signer: str, /) -> Process:
        method = methods.RECONCILE_BLUEPRINT
        self._access.require(method, signer, request.colonyname)
        blueprint = self._find(method, request.colonyname, request.name)
        handler = self._handler_of(blueprint)
        if request.force and self._quirks.refused_reconcile_counts and not can_reconcile(handler):
            self._catalogue.raise_generation(blueprint)
        if not handler.executorType:
            raise Refusal(error_of(method, "blueprint_has_no_handler_with_executor_type_defined"))
        if not handler.functionName:
            raise Refusal(error_of(method, "blueprint_has_no_handler_with_function_name_defined"))
        if request.force:
            self._catalogue.raise_generation(blueprint)
        return self._work.reconcile(blueprint, handler, signer, force=request.force)

    async def get_blueprint_history(
        self, request: GetBlueprintHistoryMsg, signer: str, /
    ) -> list[BlueprintHistory]:
        from colonyos_gen_wire.types.blueprint import BlueprintHistory  # here, as it goes with this message

        blueprint = self._records.blueprints.get(request.blueprintid)
        if blueprint is None:
            raise Refusal(errors.GET_BLUEPRINT_HISTORY_BLUEPRINT_NOT_FOUND)
        self._access.require(methods.GET_BLUEPRINT_HISTORY, signer, blueprint.metadata.colonyname)
        versions = self._catalogue.versions(blueprint.blueprintid, request.limit)
        found: list[BlueprintHistory] = []
        for version in versions:
            entry = asdict(version)
            if version.spec is None:
                entry["spec"] = NullMap()
            found.append(BlueprintHistory(**entry))
        return found

    def _starts_work(self, colonyname: str, signer: str) -> bool:
        """Whether an update by `signer` has the handler look at what has changed."""
        return not self._quirks.owner_updates_start_nothing or bool(self._records.name_of(colonyname, signer))

    def _handler_of(self, blueprint: Blueprint) -> BlueprintHandlerSpec:
        return self._catalogue.handler_of(blueprint, first_added=self._quirks.first_definition_handles)

    def _find(self, method: AnyMethod, colonyname: str, name: str) -> Blueprint:
        blueprint = self._records.blueprint(colonyname, name)
        if blueprint is None:
            raise Refusal(error_of(method, "blueprint_not_found"), name=name, colony=colonyname)
        return blueprint

    def _accept(self, method: AnyMethod, blueprint: Blueprint) -> BlueprintHandlerSpec:
        """Refuse a blueprint that its kind does not allow; returns who looks after it."""
        colonyname, kind = blueprint.metadata.colonyname, blueprint.kind
        if not kind:
            raise Refusal(error_of(method, "blueprint_kind_is_required"))
        definition = self._catalogue.definition_of_kind(colonyname, kind)
        if definition is None:
            error = error_of(method, "blueprintdefinition_for_kind_not_found")
            raise Refusal(error, kind=kind, colony=colonyname)
        if definition.spec.schema is not None:
            require_valid(method, blueprint.spec, definition.spec.schema)
        require_storable_blueprint(blueprint)
        return definition.spec.handler
