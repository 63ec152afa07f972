"""A server with a colony on it, and calls to it over real sockets, for the tests of the server."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any, TypeVar

import aiohttp
import msgspec
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.method import Method
from colonyos_gen_wire.methods import colony, executor, process, user
from colonyos_gen_wire.requests.colony import AddColonyMsg
from colonyos_gen_wire.requests.executor import AddExecutorMsg, ApproveExecutorMsg
from colonyos_gen_wire.requests.process import (
    AssignProcessMsg,
    CloseSuccessfulMsg,
    GetProcessMsg,
    SubmitFunctionSpecMsg,
)
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.process import Conditions, FunctionSpec, Process
from colonyos_gen_wire.types.user import User
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server

ReqT = TypeVar("ReqT", bound=msgspec.Struct)
RespT = TypeVar("RespT")

COLONY = "lab"
TYPE = "worker"


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


def envelope(key: PrivateKey, payloadtype: str, payload: bytes) -> bytes:
    """A signed request."""
    text = base64.b64encode(payload).decode()
    return json.dumps({"payloadtype": payloadtype, "payload": text, "signature": key.sign(text)}).encode()


def opened(body: bytes) -> tuple[str, bool, Any]:
    """Payload type, error flag and decoded payload of a reply."""
    reply = json.loads(body)
    return reply["payloadtype"], reply["error"], json.loads(base64.b64decode(reply["payload"]))


def spec(funcname: str = "f", **settings: Any) -> FunctionSpec:
    """A function specification for the executors of the lab; `conditions` may be given as keywords of their own."""
    own = {name: settings.pop(name) for name in list(settings) if name in Conditions.__struct_fields__}
    conditions = replace(Conditions(colonyname=COLONY, executortype=TYPE), **own)
    return FunctionSpec(funcname=funcname, conditions=conditions, **settings)


class Lab:
    """A running server, its owner's key, and a colony with its owner's key."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        assert server.server_key is not None
        self.server = server
        self.session = session
        self.server_key = server.server_key
        self.colony_key = PrivateKey.generate()

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to any bytes."""
        async with self.session.post(self.server.url + API_PATH, data=body) as response:
            return response.status, await response.read()

    async def call(self, key: PrivateKey, method: Method[ReqT, RespT], request: ReqT) -> RespT:
        """Make a call. Raises Refused."""
        status, body = await self.post(envelope(key, method.msgtype, encode(request)))
        payloadtype, error, payload = opened(body)
        if error:
            assert payloadtype == "error"
            assert payload["status"] == status
            raise Refused(status, payload["message"])
        assert (status, payloadtype) == (200, method.payloadtype)
        return decode_reply(method, json.dumps(payload).encode(), strict=True)

    async def add_colony(self, name: str = COLONY, key: PrivateKey | None = None) -> None:
        owner = key or self.colony_key
        await self.call(
            self.server_key, colony.ADD_COLONY, AddColonyMsg(colony=Colony(colonyid=owner.id, name=name))
        )

    async def add_executor(
        self, name: str, *, approve: bool = True, key: PrivateKey | None = None, **settings: Any
    ) -> PrivateKey:
        """Register an executor, and return its key."""
        key = key or PrivateKey.generate()
        row = replace(Executor.new(name, key.id, TYPE, COLONY), **settings)
        await self.call(self.colony_key, executor.ADD_EXECUTOR, AddExecutorMsg(executor=row))
        if approve:
            await self.approve(name)
        return key

    async def approve(self, name: str) -> None:
        request = ApproveExecutorMsg(colonyname=COLONY, executorname=name)
        await self.call(self.colony_key, executor.APPROVE_EXECUTOR, request)

    async def add_user(self, name: str) -> PrivateKey:
        """Add a user, and return their key."""
        key = PrivateKey.generate()
        row = User(colonyname=COLONY, userid=key.id, name=name)
        await self.call(self.colony_key, user.ADD_USER, AddUserMsg(user=row))
        return key

    async def submit(self, key: PrivateKey, what: FunctionSpec | None = None) -> Process:
        return await self.call(key, process.SUBMIT, SubmitFunctionSpecMsg(spec=what or spec()))

    async def assign(self, key: PrivateKey, timeout: int = -1, **settings: Any) -> Process:
        request = AssignProcessMsg(colonyname=COLONY, timeout=timeout, **settings)
        return await self.call(key, process.ASSIGN, request)

    async def close(self, key: PrivateKey, processid: str, *output: Any) -> None:
        request = CloseSuccessfulMsg(processid=processid, output=list(output))
        await self.call(key, process.CLOSE, request)

    async def process(self, key: PrivateKey, processid: str) -> Process:
        return await self.call(key, process.GET_PROCESS, GetProcessMsg(processid=processid))


@contextlib.asynccontextmanager
async def lab(**options: Any) -> AsyncGenerator[Lab, None]:
    """A lab on a server of its own; takes the arguments of `Server`, which has much patience if nothing else is said."""
    options = {"request_timeout": 600} | options
    connector = aiohttp.TCPConnector(limit=0)
    async with Server(**options) as server, aiohttp.ClientSession(connector=connector) as session:
        made = Lab(server, session)
        await made.add_colony()
        yield made
