"""Prints the table of ratios."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import coincurve
from colonyos_gen_wire import Process
from colonyos_gen_wire.codec import decode
from colonyos_gen_wire.constants import API_PATH

from colonyos_gen import AsyncClient
from colonyos_gen.crypto import PrivateKey
from tests.bench import (
    Beside,
    beside,
    calls,
    hand_over,
    heading,
    hostile,
    minimum,
    served,
    server,
    testing_kit,
)
from tests.bench.loop_held import __main__ as loop_held

KEY = "bacefe58101c9c52ba588e35ef10d008f529567df2f4538689fcb39e4decfe32"
SCHEMA = Path(__file__).parents[2] / "schema"


def recorded_process() -> dict[str, Any]:
    """A process as the real server sent it, with its run behind it."""
    examples = json.loads((SCHEMA / "examples" / "process.json").read_text(encoding="utf-8"))
    reply: dict[str, Any] = examples["getprocessmsg"][0]["reply"]
    return reply


def in_turn(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Beside:
    """Both, measured alternately, so that a change of the machine's speed meets both."""
    return beside((ours(), theirs()) for _ in range(rounds + 1))


def cpu(work: Callable[[], object], times: int) -> float:
    """CPU seconds of one `work`, averaged over `times`."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times


def signing() -> Beside:
    """A signature, against bare coincurve and hashlib."""
    ours, raw = PrivateKey.parse(KEY), coincurve.PrivateKey(bytes.fromhex(KEY))
    payload = base64.b64encode(b"x" * 200)
    return in_turn(
        lambda: cpu(lambda: ours.sign(payload), 500), lambda: cpu(lambda: minimum.sign(raw, payload), 500), 9
    )


def decoding() -> Beside:
    """1,000 processes, against plain msgspec structs."""
    payload = json.dumps([recorded_process()] * 1000).encode()
    return in_turn(
        lambda: cpu(lambda: decode(list[Process], payload), 1),
        lambda: cpu(lambda: minimum.decode_processes(payload), 1),
        60,
    )


def calling() -> Beside:
    """CPU of the client for one get_process, against the minimum client, from the same server process."""
    envelope = {
        "payloadtype": "getprocessmsg",
        "payload": base64.b64encode(json.dumps(recorded_process()).encode()).decode(),
    }
    with canned(json.dumps(envelope | {"error": False}).encode()) as port:
        return asyncio.run(_calling(f"http://127.0.0.1:{port}"))


def handing_over(msgtype: str, threads: int, calls: int) -> Beside:
    """CPU of the synchronous client for one call, against the asynchronous one."""
    envelope = {
        "payloadtype": msgtype,
        "payload": base64.b64encode(json.dumps(recorded_process()).encode()).decode(),
    }
    with canned(json.dumps(envelope | {"error": False}).encode()) as port:
        return hand_over.handing_over(f"http://127.0.0.1:{port}", threads, calls)


async def _calling(url: str, calls: int = 50) -> Beside:
    key, processid = coincurve.PrivateKey(bytes.fromhex(KEY)), "0" * 64
    pairs: list[tuple[float, float]] = []
    async with AsyncClient(url, member_key=KEY) as client, aiohttp.ClientSession() as session:
        for _ in range(60):
            started = time.process_time()
            for _ in range(calls):
                await client.get_process(processid)
            between = time.process_time()
            for _ in range(calls):
                await minimum.get_process(session, url + API_PATH, key, processid)
            pairs.append(((between - started) / calls, (time.process_time() - between) / calls))
    return beside(pairs)


def importing() -> Beside:
    """`import colonyos_gen`, against msgspec and the generated types, each in a fresh interpreter."""
    return in_turn(
        lambda: _import_seconds("import colonyos_gen"),
        lambda: _import_seconds("import msgspec, colonyos_gen_wire"),
        15,
    )


def _import_seconds(statement: str) -> float:
    program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    return float(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    )


@contextlib.contextmanager
def canned(reply: bytes) -> Generator[int]:
    """The port of a server process that answers everything with `reply`."""
    program = [sys.executable, "-m", "tests.bench.servers.canned"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(reply)
        process.stdin.close()
        yield int(process.stdout.readline())
        process.terminate()


ROWS: list[tuple[str, Callable[[], Beside], float]] = [
    ("signature / coincurve + SHA3-256", signing, 1.10),
    ("CPU of get_process / minimum client", calling, 1.30),
    ("get_process: synchronous / asynchronous", lambda: handing_over("getprocessmsg", 1, 60), hand_over.AIM),
    ("32 threads submit / 32 tasks do", lambda: handing_over("submitfuncspecmsg", 32, 320), hand_over.AIM),
    ("decode 1,000 processes / plain structs", decoding, 1.00),
    ("import colonyos_gen / msgspec + types", importing, 1.30),
]


def ratios() -> None:
    """Measure and print what is compared with the least that does the same."""
    print(
        "Medians of many rounds: of each side, and of the ratio in each. What is above its aim is marked as over."
    )
    print(heading("", "minimum"))
    for name, measure, aim in ROWS:
        print(measure().row(name, aim), flush=True)
    served.main()
    testing_kit.main()


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print all, or only the `ratios`."""
    ratios()
    if "ratios" in arguments:
        return
    server.main()
    hostile.main()
    calls.main()
    for file in (False, True):
        asyncio.run(loop_held.show(file=file))


if __name__ == "__main__":
    main(sys.argv[1:])
