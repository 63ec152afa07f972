"""Attributes: keys and values that an executor attaches to the process it is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import ENV, RUNNING
from colonyos_gen_wire.errors import attribute as errors
from colonyos_gen_wire.methods import attribute as methods
from colonyos_gen_wire.types.attribute import Attribute
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._processes.lifecycle import attribute_id
from colonyos_gen.server._store.records import Records, colony_of
from colonyos_gen.server._values.integers import require_integers

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.attribute import AddAttributeMsg, GetAttributeMsg


class Attributes:
    """Serves the attribute messages. Attributes are kept with their process."""

    def __init__(self, records: Records, access: Access) -> None:
        self._records = records
        self._access = access

    async def add_attr(self, request: AddAttributeMsg, signer: str, /) -> Attribute:
        require_text(methods.ADD_ATTR, request.attr.targetid)
        process = self._records.processes.get(request.attr.targetid)
        if process is None:
            raise Refusal(errors.ADD_ATTR_PROCESS_NOT_FOUND)
        self._access.require(methods.ADD_ATTR, signer, colony_of(process))
        if process.state is not RUNNING:
            raise Refusal(errors.ADD_ATTR_PROCESS_IS_NOT_RUNNING)
        if process.assignedexecutorid != signer:
            raise Refusal(errors.ADD_ATTR_NOT_ASSIGNED_EXECUTOR, id=process.assignedexecutorid)
        attribute = replace(
            request.attr,
            attributeid=attribute_id(request.attr),
            targetprocessgraphid=process.processgraphid,
        )
        require_integers(attribute.attributetype)
        require_text(methods.ADD_ATTR, attribute.key, attribute.value, attribute.targetcolonyname)
        if self._records.process_of_attribute.get(attribute.attributeid) is not None:
            raise Refusal(errors.ADD_ATTR_DUPLICATE_KEY, detail="prod_attributes_pkey")
        process = replace(process, attributes=[*process.attributes, attribute])
        if attribute.attributetype is ENV:
            env = {**process.spec.env, attribute.key: attribute.value}
            process = replace(process, spec=replace(process.spec, env=env))
        self._records.processes.put(process)
        return attribute

    async def get_attr(self, request: GetAttributeMsg, signer: str, /) -> Attribute:
        process = self._records.process_of_attribute.get(request.attributeid)
        if process is None:
            raise Refusal(errors.GET_ATTR_ATTRIBUTE_NOT_FOUND)
        self._access.require(methods.GET_ATTR, signer, colony_of(process))
        return next(
            attribute for attribute in process.attributes if attribute.attributeid == request.attributeid
        )
