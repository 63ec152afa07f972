"""An SDK that is generated for an older server makes signed calls to a server of that release, by its own stubs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from colonyos_gen_codegen.cli import main
from colonyos_gen_wire import Colony, Executor

from colonyos_gen import Client, PrivateKey
from colonyos_gen.server import ServerThread

PROGRAM = """
from __future__ import annotations

import base64
import json
import os
import urllib.request
from typing import Any

from colonyos_gen.crypto import PrivateKey
from colonyos_gen_wire import FunctionSpec, ProcessState, __file__ as wire
from colonyos_gen_wire.codec import decode_reply, encode
from colonyos_gen_wire.method import Key, Method, ReqT, RespT
from colonyos_gen_wire.stubs_sync import Stubs


class Api(Stubs):
    def call(
        self,
        method: Method[ReqT, RespT],
        request: ReqT,
        /,
        *,
        prvkey: Key | None = None,
        rpc_timeout: float | None = None,
        hazardous: bool = False,
    ) -> RespT:
        payload = base64.b64encode(encode(request)).decode()
        signature = PrivateKey.parse(os.environ["MEMBER"]).sign(payload)
        envelope = {"payloadtype": method.msgtype, "payload": payload, "signature": signature}
        with urllib.request.urlopen(os.environ["URL"] + "/api", json.dumps(envelope).encode()) as answer:
            reply: dict[str, Any] = json.load(answer)
        return decode_reply(method, base64.b64decode(reply["payload"]), strict=True)


api = Api()
sent = api.submit(FunctionSpec.new("echo", "type", "dev"))
taken = api.assign("dev", 1)
assert taken.processid == sent.processid
api.close(taken.processid, output=["done"])
ended = api.get_process(sent.processid)
assert ended.state is ProcessState.SUCCESS
print(ended.output, hasattr(api, "cancel_process"), wire)
"""


def test_it_submits_assigns_and_closes(tmp_path: Path) -> None:
    assert main(["generate", "--target", "python", "--out", str(tmp_path), "--server-version", "1.9.7"]) == 0
    sdk = tmp_path / "python"
    server_key, colony_key, member_key = (PrivateKey.generate() for _ in range(3))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    with ServerThread(server_key=server_key, as_version="1.9.7") as server:
        url = server.url
        with Client(url, server_key=server_key, colony_key=colony_key, member_key=member_key) as client:
            client.add_colony(Colony(colonyid=colony_key.id, name="dev"))
            client.add_executor(Executor.new("one", member_key.id, "type", "dev"))
            client.approve_executor("dev", "one")
        paths = os.pathsep.join((str(sdk), str(Path(__file__).parents[3])))
        environment = os.environ | {"PYTHONPATH": paths, "URL": url, "MEMBER": member_key.hex()}
        done = subprocess.run(
            [sys.executable, str(program)], env=environment, capture_output=True, text=True, check=False
        )
    assert done.stderr == ""
    assert done.stdout.split() == ["['done']", "False", str(sdk / "colonyos_gen_wire" / "__init__.py")]
