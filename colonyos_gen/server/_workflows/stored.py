"""Workflows that are kept as JSON text until something starts them.

Crons and generators hold their workflow that way. It is checked when they are added, so that it can be started later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec
from colonyos_gen_wire.codec import decode_request
from colonyos_gen_wire.method import ErrorSpec
from colonyos_gen_wire.methods import workflow as methods

from colonyos_gen.server._caller.refusal import OTHER_COLONY, Refusal
from colonyos_gen.server._values.plain_json import plain_json

if TYPE_CHECKING:
    from colonyos_gen_wire.types.workflow import WorkflowSpec


class Texts(NamedTuple):
    """How one kind of holder refuses a workflow."""

    what: str
    invalid: ErrorSpec
    dependencies: ErrorSpec


def read_workflow(text: str) -> WorkflowSpec:
    """The workflow in `text`, read as the payload of a request is read. Raises ValueError if there is none."""
    document = plain_json(text.encode())
    if not isinstance(document, dict):
        raise ValueError("the workflow is not a JSON object")  # noqa: TRY004
    payload = {"spec": cast("dict[str, object]", document)}
    try:
        return decode_request(methods.SUBMIT_WORKFLOW, payload).workflowspec
    except (msgspec.ValidationError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def accept_workflow(text: str, colonyname: str, texts: Texts) -> WorkflowSpec:
    """The workflow in `text`, for a holder of this colony. Raises Refusal if it could not be started."""
    try:
        workflow = read_workflow(text)
    except ValueError:
        raise Refusal(texts.invalid) from None
    names = {spec.nodename for spec in workflow.functionspecs}
    if any(not names.issuperset(spec.conditions.dependencies) for spec in workflow.functionspecs):
        raise Refusal(texts.dependencies)
    if workflow.colonyname != colonyname:
        raise Refusal(OTHER_COLONY, other=workflow.colonyname, what=texts.what, name=colonyname)
    return workflow
