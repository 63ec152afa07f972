"""What the embedded server takes for a request, beside a server that does the least (`servers.bare`).

Both get the same bytes, one request after the other on one connection, in turns. `python -m tests.bench.served`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import time
from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from colonyos_gen_wire import Colony, Executor, FunctionSpec
from colonyos_gen_wire.codec import encode
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.requests.process import AssignProcessMsg, CloseSuccessfulMsg, SubmitFunctionSpecMsg

from colonyos_gen import Client, PrivateKey
from tests.bench import Beside, beside, heading
from tests.bench.minimum import Reply
from tests.bench.stand import Child

AIM = 2.0
COLONY, TYPE = "bench", "worker"
STEPS = ("submit", "assign", "close")
_AT_ONCE = 20
"""Processes that are submitted, then assigned, then closed."""
_ROUNDS = 100

_read_reply = msgspec.json.Decoder(Reply).decode


class Cost(NamedTuple):
    """What a request takes, in seconds."""

    cpu: float
    """CPU of the server."""
    elapsed: float
    """From the first byte of the request to the last of the reply."""


class Line:
    """One connection to a server in a process of its own, and what it has cost."""

    def __init__(self, child: Child, port: int, key: PrivateKey) -> None:
        self._child = child
        self._key = key
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def cycle(self) -> Iterator[Cost]:
        """Submit, assign and close many processes; what each step took a request, step by step."""
        spec = FunctionSpec.new("work", TYPE, COLONY)
        cost, _ = self._send(SubmitFunctionSpecMsg(spec=spec) for _ in range(_AT_ONCE))
        yield cost
        asked = AssignProcessMsg(colonyname=COLONY, timeout=10)
        cost, processes = self._send(asked for _ in range(_AT_ONCE))
        yield cost
        cost, _ = self._send(
            CloseSuccessfulMsg(processid=each["processid"], output=[1]) for each in processes
        )
        yield cost

    def _send(self, requests: Iterable[msgspec.Struct]) -> tuple[Cost, list[dict[str, Any]]]:
        posts = [self._post(request) for request in requests]
        bodies: list[bytes] = []
        cpu, started = self._cpu(), time.perf_counter()
        for post in posts:
            self._socket.sendall(post)
            bodies.append(self._receive())
        elapsed, cpu = time.perf_counter() - started, self._cpu() - cpu
        replies = [_read_reply(body) for body in bodies]
        for reply in replies:
            if reply.error:
                raise RuntimeError(reply.payload.decode())
        cost = Cost(cpu / len(posts), elapsed / len(posts))
        return cost, [msgspec.json.decode(reply.payload) for reply in replies]

    def _post(self, request: msgspec.Struct) -> bytes:
        payload = base64.b64encode(encode(request)).decode()
        envelope = {
            "payloadtype": type(request).__struct_config__.tag,
            "payload": payload,
            "signature": self._key.sign(payload),
        }
        body = json.dumps(envelope).encode()
        head = f"POST {API_PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/octet-stream\r\n"
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def _receive(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        wanted = int(length.partition(b":")[2])
        while len(body) < wanted:
            body += self._more()
        return body

    def _more(self) -> bytes:
        some = self._socket.recv(65536)
        if not some:
            raise RuntimeError("the server has hung up")
        return some

    def _cpu(self) -> float:
        self._child.tell()
        return float(self._child.hear())


@contextlib.contextmanager
def lines() -> Generator[tuple[Line, Line]]:
    """A connection to an embedded server with a colony and an executor, and one to a bare server."""
    owner, colony, executor = (PrivateKey.generate() for _ in range(3))
    with contextlib.ExitStack() as stack:
        found: list[Line] = []
        for kind in ("embedded", "bare"):
            child = Child("servers.timed", kind)
            stack.callback(child.stop)
            if kind == "embedded":
                child.tell(owner.hex())
            port = int(child.hear())
            if kind == "embedded":
                with Client(f"http://127.0.0.1:{port}", server_key=owner, colony_key=colony) as client:
                    client.add_colony(Colony(colonyid=colony.id, name=COLONY))
                    client.add_executor(Executor.new("executor", executor.id, TYPE, COLONY))
                    client.approve_executor(COLONY, "executor")
            found.append(Line(child, port, executor))
            stack.callback(found[-1].close)
        yield found[0], found[1]


def measure(rounds: int = _ROUNDS) -> dict[str, tuple[Beside, Beside]]:
    """What each step takes the embedded server and the bare one: CPU, and until it is answered."""
    with lines() as (embedded, bare):
        pairs = [list(zip(embedded.cycle(), bare.cycle(), strict=True)) for _ in range(rounds + 1)]
    return {
        step: (
            beside((ours.cpu, least.cpu) for ours, least in found),
            beside((ours.elapsed, least.elapsed) for ours, least in found),
        )
        for step, found in zip(STEPS, zip(*pairs, strict=True), strict=True)
    }


def main() -> None:
    """Measure and print."""
    print(heading("a request / a server by hand", "by hand"))
    for step, (cpu, elapsed) in measure().items():
        print(cpu.row(f"{step}: CPU of the server", AIM), flush=True)
        print(elapsed.row(f"{step}: until it is answered", AIM), flush=True)


if __name__ == "__main__":
    main()
