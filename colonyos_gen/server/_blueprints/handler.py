"""What the handler of a kind is given to do: executors of one type that bring things into the state that blueprints want.

They learn of it in two ways. A process is submitted for every change of a blueprint, and a cron starts one every minute
for all blueprints of a kind at a location, so that they also notice what has changed by itself.
"""

from __future__ import annotations

from typing import Any

from colonyos_gen_wire.codec import encode_reply
from colonyos_gen_wire.constants import BLUEPRINT_CRON_INTERVAL_S
from colonyos_gen_wire.nulls import NullList
from colonyos_gen_wire.types import workflow as types
from colonyos_gen_wire.types.blueprint import Blueprint, BlueprintHandlerSpec
from colonyos_gen_wire.types.cron import Cron
from colonyos_gen_wire.types.process import Conditions, Filesystem, FunctionSpec, Process

from colonyos_gen.server._clock import Clock
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._processes.submission import accept_spec
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records

_CLEANUP = "cleanup"
_NO_LIMIT = -1


def can_reconcile(handler: BlueprintHandlerSpec) -> bool:
    """Whether `handler` says who is to do what."""
    return bool(handler.executorType and handler.functionName)


class HandlerWork:
    """Submits processes for handlers, and keeps one cron for each kind and location that has blueprints."""

    def __init__(self, records: Records, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._clock = clock
        self._quirks = quirks

    def reconcile(
        self, blueprint: Blueprint, handler: BlueprintHandlerSpec, signer: str, *, force: bool = False
    ) -> Process:
        """Have one blueprint looked after now. The process tells whether `force` was asked for."""
        kwargs: dict[str, Any] = {"kind": blueprint.kind, "blueprintName": blueprint.metadata.name}
        if force:
            kwargs["force"] = True
        return self._submit(_work(blueprint, handler, handler.functionName, kwargs), signer)

    def clean_up(self, blueprint: Blueprint, handler: BlueprintHandlerSpec, signer: str) -> None:
        """Have done away with what a removed blueprint has led to. A handler that names no function can do that too."""
        if handler.executorType:
            kwargs = {"kind": blueprint.kind, "blueprintName": blueprint.metadata.name}
            self._submit(_work(blueprint, handler, _CLEANUP, kwargs), signer)

    def add_cron(self, blueprint: Blueprint, handler: BlueprintHandlerSpec, signer: str) -> None:
        """Make the cron for the kind and location of `blueprint`, unless there is one."""
        colonyname, name = blueprint.metadata.colonyname, _cron_name(blueprint)
        if self._records.cron(colonyname, name) is not None:
            return
        work = _work(blueprint, handler, handler.functionName, {"kind": blueprint.kind})
        workflow = types.WorkflowSpec(colonyname=colonyname, functionspecs=[work])
        self._records.crons.put(
            Cron(
                cronid=lifecycle.new_id(),
                initiatorid=signer,
                initiatorname=self._records.name_of(colonyname, signer),
                colonyname=colonyname,
                name=name,
                interval=BLUEPRINT_CRON_INTERVAL_S,
                waitforprevprocessgraph=True,
                workflowspec=self._written(workflow),
            )
        )

    def drop_cron(self, blueprint: Blueprint) -> None:
        """Remove the cron for the kind and location of `blueprint`, unless other blueprints are left there."""
        place = blueprint.metadata.colonyname, blueprint.kind
        if any(
            _cron_name(other) == _cron_name(blueprint)
            for other in self._records.blueprints_of_kind.find(place)
        ):
            return
        cron = self._records.cron(blueprint.metadata.colonyname, _cron_name(blueprint))
        if cron is not None:
            self._records.crons.remove(cron)

    def _written(self, workflow: types.WorkflowSpec) -> str:
        return encode_reply(types.WorkflowSpec, workflow, nulls_as_sent=self._quirks.nulls_as_sent).decode()

    def _submit(self, spec: FunctionSpec, signer: str) -> Process:
        name = self._records.name_of(spec.conditions.colonyname, signer)
        process = lifecycle.submitted(accept_spec(spec), signer, name, self._clock.now_ns())
        return self._records.processes.put(process)


def _cron_name(blueprint: Blueprint) -> str:
    location = blueprint.metadata.locationname
    return f"reconcile-{blueprint.kind}-{location}" if location else f"reconcile-{blueprint.kind}"


def _work(
    blueprint: Blueprint, handler: BlueprintHandlerSpec, funcname: str, kwargs: dict[str, Any]
) -> FunctionSpec:
    return FunctionSpec(
        nodename=f"{handler.executorType}-{funcname}",
        funcname=funcname,
        kwargs=kwargs,
        maxwaittime=0,
        maxexectime=_NO_LIMIT,
        maxretries=_NO_LIMIT,
        conditions=Conditions(
            colonyname=blueprint.metadata.colonyname,
            executornames=NullList(),
            executortype=handler.executorType,
            locationname=blueprint.metadata.locationname,
            dependencies=NullList(),
        ),
        fs=Filesystem(snapshots=NullList(), dirs=NullList()),
    )
