"""Recording a conversation with a server, in the form that `tests/server/recordings` plays again.

    async with recorder("http://localhost:50080", server_key, "fail", "Closing as failed") as here:
        await here.colony(executors=1, users=1)
        await here.rpc("user1", "submitfuncspecmsg", spec={...})
        here.save(folder)

What is sent is given as JSON, so that nulls, absent keys and wrong types can be recorded too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import WSMsgType
from colonyos_gen_wire.constants import API_PATH, PUBSUB_PATH

from colonyos_gen.crypto import PrivateKey

JSON = Any

_PATIENCE_S = 60
_ARRIVAL_S = 0.1
"""How long a request takes to arrive, at most."""
_DATA = {WSMsgType.TEXT: "text", WSMsgType.BINARY: "binary"}


class Recorder:
    """One conversation, under way. Each makes its own colony, named after the scenario."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, server_key: PrivateKey, scenario: str
    ) -> None:
        # A name that no earlier recording has left anything of.
        self.colonyname = f"gold-{scenario}-{secrets.token_hex(3)}"
        self.executortype = f"gx-{scenario}"
        self.scenario = scenario
        self.title = ""
        self.actors: dict[str, dict[str, JSON]] = {}
        self.exchanges: list[dict[str, JSON]] = []
        self.events: list[dict[str, JSON]] = []
        """The same exchanges, and what went through sockets."""
        self._keys: dict[str, PrivateKey] = {}
        self._session = session
        self._url = url
        self._start = time.monotonic()
        self._sockets: dict[str, _Socket] = {}
        self.add_actor("server", "server", server_key)

    def add_actor(self, name: str, role: str, key: PrivateKey | None = None) -> str:
        """Somebody who signs; returns their id. The key of the server's owner is not kept."""
        key = key or PrivateKey.generate()
        self._keys[name] = key
        shown = None if role == "server" else key.hex()
        self.actors[name] = {"role": role, "id": key.id, "prvkey": shown}
        return key.id

    async def colony(self, executors: int = 0, users: int = 0) -> None:
        """Make the colony, with approved executors and users called `executor1` and so on."""
        colonyid = self.add_actor("colony", "colony")
        await self.rpc("server", "addcolonymsg", colony={"colonyid": colonyid, "name": self.colonyname})
        for number in range(1, executors + 1):
            name = f"executor{number}"
            executorid = self.add_actor(name, "executor")
            await self.add_executor(name, {"executorid": executorid})
        for number in range(1, users + 1):
            userid = self.add_actor(f"user{number}", "user")
            user = {"colonyname": self.colonyname, "userid": userid, "name": f"user{number}"}
            await self.rpc("colony", "addusermsg", user=user)

    async def add_executor(self, name: str, fields: dict[str, JSON]) -> None:
        """Register an executor and approve it."""
        executor = {
            "executorname": name,
            "executortype": self.executortype,
            "colonyname": self.colonyname,
            **fields,
        }
        await self.rpc("colony", "addexecutormsg", executor=executor)
        await self.rpc(
            "colony", "approveexecutormsg", colonyname=self.colonyname, executorname=executor["executorname"]
        )

    def spec(self, **fields: JSON) -> dict[str, JSON]:
        """A function specification for the executors of this colony, with nothing more in it than has to be."""
        conditions = {
            "colonyname": self.colonyname,
            "executortype": self.executortype,
            **fields.pop("conditions", {}),
        }
        return {"funcname": "f", "maxexectime": -1, "maxretries": -1, "conditions": conditions, **fields}

    async def rpc(self, who: str, msgtype: str, **fields: JSON) -> JSON:
        """Make a call, and return the payload of the reply."""
        return await self._exchange(self._noted(who, msgtype, fields))

    async def begin(self, who: str, msgtype: str, **fields: JSON) -> asyncio.Task[JSON]:
        """Make a call that is answered later, while others are made; it has arrived when this returns."""
        exchange = self._noted(who, msgtype, fields)
        exchange["async"] = True
        task = asyncio.create_task(self._exchange(exchange))
        await asyncio.sleep(_ARRIVAL_S)
        return task

    async def sleep(self, seconds: float) -> None:
        """A pause."""
        pause = {"sleep_ms": round(seconds * 1000), "t_ms": self._now_ms()}
        self.exchanges.append(pause)
        self.events.append({**pause, "type": "sleep"})
        await asyncio.sleep(seconds)

    async def open(self, conn: str) -> None:
        """A connection to the sockets' path."""
        self._note("ws_open", conn, path=PUBSUB_PATH, http_status=101)
        socket = await self._session.ws_connect(self._url + PUBSUB_PATH, autoclose=False)
        self._sockets[conn] = _Socket(socket)

    async def send(self, conn: str, who: str, msgtype: str, **fields: JSON) -> None:
        """Send a request through a connection."""
        payload = {**fields, "msgtype": msgtype}
        raw = self._signed(who, payload)
        self._note(
            "ws_send",
            conn,
            frame="text",
            as_role=self.actors[who]["role"],
            **{"as": who},
            msgtype=msgtype,
            request_payload=payload,
            raw=raw,
        )
        await self._sockets[conn].socket.send_str(raw)

    async def recv(self, conn: str) -> None:
        """Wait for a frame, or for the end of the connection."""
        frame = await self._sockets[conn].frame(_PATIENCE_S)
        if frame.type in _DATA:
            text = frame.data if isinstance(frame.data, str) else frame.data.decode()
            self._note("ws_recv", conn, frame=_DATA[frame.type], raw=text, reply=_opened(text.encode())[0])
        elif frame.type is WSMsgType.CLOSE:
            self._note("ws_recv", conn, frame="close", code=frame.data, reason=frame.extra or "")
        else:
            self._note("ws_eof", conn)

    async def idle(self, conn: str, seconds: float) -> None:
        """See that nothing comes for a time."""
        since = self._now_ms()
        try:
            frame = await self._sockets[conn].frame(seconds)
        except TimeoutError:
            self._note("ws_idle", conn, frames_received=0, since_t_ms=since)
        else:
            raise AssertionError(f"{frame} came although nothing should")

    async def close(self, conn: str) -> None:
        """Close a connection."""
        self._note("ws_close", conn, code=1000)
        socket = self._sockets.pop(conn).socket
        await socket.close()
        if socket.close_code is not None:
            self._note("ws_recv", conn, frame="close", code=socket.close_code, reason="")

    def recording(self) -> dict[str, JSON]:
        """All of it."""
        kind = "ws" if any(event["type"].startswith("ws") for event in self.events) else "rpc"
        found: dict[str, JSON] = {
            "scenario": self.scenario,
            "title": self.title,
            "kind": kind,
            "colony": self.colonyname,
            "executortype": self.executortype,
            "actors": self.actors,
        }
        return {**found, "exchanges": self.exchanges} if kind == "rpc" else {**found, "events": self.events}

    def save(self, folder: Path, number: int) -> Path:
        """Write it into the folder for its kind below `folder`."""
        recording = self.recording()
        path = folder / str(recording["kind"]) / f"{number:02}_{self.scenario}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(recording, indent=1) + "\n", encoding="utf-8")
        return path

    def _noted(self, who: str, msgtype: str, fields: dict[str, JSON]) -> dict[str, JSON]:
        """An exchange that begins now."""
        payload = {**fields, "msgtype": msgtype}
        exchange: dict[str, JSON] = {
            "step": len(self.exchanges) + 1,
            "as_role": self.actors[who]["role"],
            "as": who,
            "msgtype": msgtype,
            "request_payload": payload,
            "note": "",
            "t_ms": self._now_ms(),
            "raw_request": self._signed(who, payload),
        }
        self.exchanges.append(exchange)
        self.events.append({"t_ms": exchange["t_ms"], "type": "rpc", "exchange": exchange})
        return exchange

    async def _exchange(self, exchange: dict[str, JSON]) -> JSON:
        async with self._session.post(self._url + API_PATH, data=exchange["raw_request"]) as response:
            status, reply = response.status, await response.read()
        opened, trailing = _opened(reply)
        exchange |= {
            "http_status": status,
            "reply": opened,
            "dur_ms": round(self._now_ms() - exchange["t_ms"], 1),
            "raw_reply": reply.decode(),
        }
        if trailing:
            exchange["reply_trailing_text"] = trailing
        return None if opened is None else opened["payload"]

    def _now_ms(self) -> float:
        return round((time.monotonic() - self._start) * 1000, 1)

    def _note(self, kind: str, conn: str, **fields: JSON) -> None:
        self.events.append({"t_ms": self._now_ms(), "type": kind, "conn": conn, **fields})

    def _signed(self, who: str, payload: JSON) -> str:
        encoded = base64.b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()
        return json.dumps(
            {
                "payloadtype": payload["msgtype"],
                "payload": encoded,
                "signature": self._keys[who].sign(encoded),
            }
        )


class _Socket:
    """A connection that is read all the time, so that waiting for a frame can end without one."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._arrived: asyncio.Queue[aiohttp.WSMessage] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def frame(self, patience_s: float) -> aiohttp.WSMessage:
        async with asyncio.timeout(patience_s):
            return await self._arrived.get()

    async def _read(self) -> None:
        while True:
            frame = await self.socket.receive()
            self._arrived.put_nowait(frame)
            if frame.type not in _DATA:
                return


@asynccontextmanager
async def recorder(url: str, server_key: PrivateKey, scenario: str, title: str) -> AsyncGenerator[Recorder]:
    """A recording of what is done meanwhile with the server at `url`."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        here = Recorder(session, url, server_key, scenario)
        here.title = title
        yield here


def _opened(body: bytes) -> tuple[JSON, str]:
    """The envelope in a body, with its payload decoded, and what follows it; None if there is none."""
    try:
        envelope, end = json.JSONDecoder().raw_decode(body.decode())
        envelope = dict(envelope)
        payload = base64.b64decode(envelope["payload"]).decode()
    except (ValueError, KeyError, TypeError):
        return None, ""
    try:
        envelope["payload"] = json.loads(payload)
    except ValueError:
        envelope["payload"] = payload
    return envelope, body.decode()[end:]
