"""Requests that harm a server by what they ask for are sent only to callers who say that they mean it."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from colonyos_gen_wire.hazards import HazardOf
from colonyos_gen_wire.method import Method

from colonyos_gen.errors import InvalidRequestError

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")


_DOES_IT = {
    "remove_all_processes": " That is what `session.remove_all_processes()` does.",
    "remove_all_processgraphs": " That is what `session.remove_all_workflows()` does.",
}


def unconfirmed(method: Method[ReqT, RespT], request: ReqT, entry: HazardOf) -> InvalidRequestError:
    """The refusal of a request that the schema lets nobody send without `hazardous=True`.

    Its message names the field, its value, the hazard and what to do instead.
    """
    hazard, field = entry.hazard, entry.field or method.name
    value = getattr(request, entry.field) if entry.field else request
    only = " or ".join(map(str, entry.values))
    return InvalidRequestError(
        f"{field} is {value}, which may harm the server ({hazard.name}). {hazard.when} {hazard.what} "
        f"Instead: {hazard.avoid}{_DOES_IT.get(method.name, '')} With hazardous=True it is sent all the same.",
        method=method.name,
        field=field,
        value=value,
        rule=f"anything but {only}, or sent with hazardous=True" if only else "sent with hazardous=True",
    )  # fmt: skip
