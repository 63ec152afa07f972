"""The OpenRPC document: what all methods share, and the schemas that they refer to."""

from __future__ import annotations

from typing import Any

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.jsonschema.document import definitions, hazards
from colonyos_gen_codegen.targets.openrpc.cutting import cut
from colonyos_gen_codegen.targets.openrpc.methods import MethodWriter, portable

VERSION = "1.3.2"

_TRANSPORT = """\
The transport is not JSON-RPC 2.0. A call is one signed envelope: a JSON object with `payloadtype` (the message type, \
`x-msgtype` of the method), `payload` (base64 of a JSON object that holds the message type and the parameters under their \
`x-wire` keys) and `signature`. It is sent with POST to `{path}`, or as a text frame of a WebSocket on `{pubsub}` where \
`x-transport` says so. The reply is an envelope too, with `payload` and a flag for errors.

Names of methods and parameters are those of the client libraries. OpenRPC wants distinct error codes, so the errors of a \
method are grouped by HTTP status; the texts that the server answers with stand under `data`.

Some tools write every reference out. So a type that contains itself is cut here: where it comes up again stands any object \
with `x-cut`, the name of the type; `x-cut` of `info` lists the places. The JSON Schema of the protocol has them whole."""


def describe(service: Service) -> dict[str, Any]:
    """The whole document, in the order of the schema files."""
    endpoints: dict[str, dict[str, str]] = service.manifest["endpoints"]
    transport = _TRANSPORT.format(path=endpoints["api"]["path"], pubsub=endpoints["pubsub"]["path"])
    schemas = {name: portable(schema) for name, schema in definitions(service).items()}
    places = cut(schemas)
    writer = MethodWriter(service, schemas)
    return {
        "openrpc": VERSION,
        "info": {
            "title": service.name,
            "version": service.protocol,
            "description": f"{service.description}\n\n{transport}",
            "x-generated": BANNER,
            "x-server-version": service.server_version,
            "x-roles": {role.name: role.description for role in service.roles},
            "x-idempotency": service.idempotency,
            "x-codes": service.codes,
            "x-effects": service.effects,
            "x-hazards": hazards(service),
            "x-cut": places,
        },
        "servers": [
            {
                "name": "local",
                "url": f"http://localhost:{service.manifest['default_port']}{endpoints['api']['path']}",
                "summary": "A server on this machine, with its default port.",
            }
        ],
        "methods": [
            writer.write(message, method) for message in service.messages for method in message.methods
        ],
        "components": {
            "schemas": schemas,
            "tags": {
                d.name: {"name": d.name, "description": d.rpc_description}
                for d in service.domains
                if d.messages
            },
        },
    }
