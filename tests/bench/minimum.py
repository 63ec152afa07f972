"""The least that a client can be: aiohttp, coincurve and msgspec with nothing in between. The yardstick of the figures."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

import aiohttp
import coincurve
import msgspec


class Attribute(msgspec.Struct):
    attributeid: str
    targetid: str
    targetcolonyname: str
    targetprocessgraphid: str
    state: int
    attributetype: int
    key: str
    value: str


class GPU(msgspec.Struct):
    name: str
    mem: str
    count: int
    nodecount: int


class Conditions(msgspec.Struct):
    colonyname: str
    executortype: str
    dependencies: list[str]
    nodes: int
    cpu: str
    processes: int
    processespernode: int
    mem: str
    storage: str
    gpu: GPU
    walltime: int
    executornames: list[str] | None = None
    locationname: str = ""


class Filesystem(msgspec.Struct):
    mount: str
    snapshots: list[Any] | None
    dirs: list[Any] | None


class FunctionSpec(msgspec.Struct):
    nodename: str
    funcname: str
    args: list[Any]
    kwargs: dict[str, Any]
    priority: int
    maxwaittime: int
    maxexectime: int
    maxretries: int
    conditions: Conditions
    label: str
    fs: Filesystem
    env: dict[str, str]
    channels: list[str] = []


class Process(msgspec.Struct):
    processid: str
    initiatorid: str
    initiatorname: str
    assignedexecutorid: str
    isassigned: bool
    state: int
    prioritytime: int
    submissiontime: datetime
    starttime: datetime
    endtime: datetime
    waitdeadline: datetime
    execdeadline: datetime
    retries: int
    attributes: list[Attribute]
    spec: FunctionSpec
    waitforparents: bool
    parents: list[str]
    children: list[str]
    processgraphid: str
    out: list[Any]
    errors: list[str] | None


class GetProcess(msgspec.Struct, tag_field="msgtype", tag="getprocessmsg"):
    processid: str


class Reply(msgspec.Struct):
    payloadtype: str
    payload: bytes
    error: bool


class Request(msgspec.Struct):
    payloadtype: str
    payload: str
    signature: str


_encode = msgspec.json.Encoder().encode
_decode_reply = msgspec.json.Decoder(Reply).decode
_decode_process = msgspec.json.Decoder(Process).decode
decode_processes = msgspec.json.Decoder(list[Process]).decode


def sign(key: coincurve.PrivateKey, payload: bytes) -> str:
    """A signature as the server wants it."""
    return key.sign_recoverable(  # pyright: ignore[reportUnknownMemberType]
        hashlib.sha3_256(payload).digest(), hasher=None
    ).hex()


async def get_process(
    session: aiohttp.ClientSession, url: str, key: coincurve.PrivateKey, processid: str
) -> Process:
    """One call, without checks, errors, retries or timeouts."""
    payload = base64.b64encode(_encode(GetProcess(processid)))
    body = _encode(Request("getprocessmsg", payload.decode(), sign(key, payload)))
    async with session.post(url, data=body) as response:
        reply = _decode_reply(await response.read())
    return _decode_process(reply.payload)
