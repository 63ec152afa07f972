"""Workflows that are kept as JSON text until something starts them.

Crons and generators hold their workflow that way. It is checked when they are added, so that it can be started later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from colonyos_gen_wire.codec import decode_request
from colonyos_gen_wire.errors import shared
from colonyos_gen_wire.methods import workflow as methods

from colonyos_gen.server._caller.refusal import NO_ANSWER, OTHER_COLONY, Refusal
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._values.go_json import NotJSON, require_json
from colonyos_gen.server._values.plain_json import is_shallow, plain_json
from colonyos_gen.server._values.repeated_keys import read_at_once, read_document, repeats_keys

if TYPE_CHECKING:
    from colonyos_gen_wire.types.workflow import WorkflowSpec

_BLANKS = " \t\r\n"
LONG = 20_000
"""Characters of a workflow that takes longer to be started than others should wait."""
_require_one = msgspec.json.Decoder(msgspec.Raw).decode


def read_workflow(text: str) -> WorkflowSpec:
    """The workflow in `text`, read as the payload of a request is read. Raises ValueError if there is none."""
    if len(text) > LONG and (workflow := _read_long(text)) is not None:
        return workflow
    document = plain_json(text.encode())
    if not isinstance(document, dict):
        raise ValueError("the workflow is not a JSON object")  # noqa: TRY004
    payload: object = {"spec": cast("dict[str, object]", document)}
    if repeats_keys(text.encode()):  # what repeats a key is laid over what came before
        payload = read_document(methods.SUBMIT_WORKFLOW, b'{"spec":%b}' % text.encode())
    try:
        return decode_request(methods.SUBMIT_WORKFLOW, payload).workflowspec
    except (msgspec.ValidationError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _read_long(text: str) -> WorkflowSpec | None:
    """The same in a tenth of the time, if all is as our own programs write it."""
    try:
        data = text.encode()
        _require_one(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    msgtype = methods.SUBMIT_WORKFLOW.msgtype.encode()
    request = read_at_once(methods.SUBMIT_WORKFLOW, b'{"msgtype":"%b","spec":%b}' % (msgtype, data))
    return None if request is None or not is_shallow(data) else request.workflowspec


def accept_workflow(text: str, colonyname: str, what: str, quirks: Quirks = STRICT) -> WorkflowSpec:
    """The workflow in `text`, for a holder of this colony, `what`. Raises Refusal if it could not be started."""
    if quirks.empty_500 and text.strip(_BLANKS) == "null":
        raise Refusal(NO_ANSWER)
    try:
        workflow = read_workflow(text)
    except ValueError as error:
        raise _unreadable(text, error) from None
    names = {spec.nodename for spec in workflow.functionspecs}
    if any(not names.issuperset(spec.conditions.dependencies) for spec in workflow.functionspecs):
        raise Refusal(shared.INVALID_DEPENDENCIES)
    is_nothing = not workflow.colonyname and not workflow.functionspecs
    if workflow.colonyname != colonyname and not (is_nothing and quirks.empty_stored_workflows):
        raise Refusal(OTHER_COLONY, other=workflow.colonyname, what=what, name=colonyname)
    return workflow


def _unreadable(text: str, error: ValueError) -> Refusal:
    """A refusal in the words of Go."""
    try:
        require_json(text.encode())
    except NotJSON as fault:
        if fault.detail:
            return Refusal(shared.MALFORMED_WORKFLOWSPEC, detail=fault.detail)
        return Refusal(shared.INVALID_WORKFLOWSPEC)
    return Refusal(shared.MISTYPED_WORKFLOWSPEC, detail=_mistyped(text, error))


def _mistyped(text: str, error: ValueError) -> str:
    kinds = {"[": "array", '"': "string", "t": "bool", "f": "bool", "n": "null", "{": ""}
    kind = kinds.get(text.lstrip()[0], "number")
    return f"{kind} into Go value of type core.WorkflowSpec" if kind else str(error)
