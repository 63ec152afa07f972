"""The schema as of an older server release, and what is generated from it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_codegen.build import UnknownReleaseError, as_of, build, known_releases, named_release
from colonyos_gen_codegen.cli import main
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.schema.folder import SCHEMA
from colonyos_gen_codegen.schema.lifetimes import release_of
from colonyos_gen_codegen.schema.loader import load

from colonyos_gen.server import ServerThread

REAL = load(SCHEMA)
RELEASES = known_releases(REAL)
# Counted by eye in the server's sources: registered messages.
MESSAGES = {"v1.9.4": 86, "v1.9.6": 97, "v1.9.7": 97, "v1.9.10": 97, "v1.9.12": 99}
_ALL = """
import pkgutil, importlib, sys
sys.path.insert(0, sys.argv[1])
import colonyos_gen_wire as wire
for found in pkgutil.walk_packages(wire.__path__, "colonyos_gen_wire."):
    importlib.import_module(found.name)
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.codec import decode_reply
assert wire.__file__.startswith(sys.argv[1])
method = METHODS["versionmsg"]
version = decode_reply(method, sys.argv[2].encode(), strict=True).buildversion
print(version, len(METHODS), "CANCELLED" in dir(wire.ProcessState))
"""


def _service(release: str | None) -> Service:
    return build(as_of(REAL, release))


def _fields(service: Service, name: str) -> set[str]:
    return {field.wire for field in service.struct(name).fields}


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_later_is_left(release: str) -> None:
    service = _service(release)
    limit = release_of(release)
    assert limit is not None
    assert service.server_version == release == service.releases[-1]
    parts: list[Any] = [*service.structs, *service.messages, *service.envelope_errors]
    parts += [field for struct in service.structs for field in struct.fields]
    parts += [field for message in service.messages for field in message.struct.fields]
    parts += [error for message in service.messages for error in message.errors]
    parts += [member for domain in service.domains for enum in domain.enums for member in enum.members]
    assert [part for part in parts if part.since and (release_of(part.since) or ()) > limit] == []
    assert [part for part in parts if part.until and (release_of(part.until) or ()) < limit] == []
    if release in MESSAGES:
        assert sum(message.registered for message in service.messages) == MESSAGES[release]


def test_what_each_release_brought() -> None:
    assert "locationname" not in _fields(_service("v1.9.4"), "Executor")
    assert "locationname" in _fields(_service("v1.9.6"), "Executor")
    assert "args" not in _fields(_service("v1.9.9"), "Function")
    assert {"args", "description"} <= _fields(_service("v1.9.10"), "Function")
    assert "cancelledprocesses" not in _fields(_service("v1.9.10"), "Statistics")
    states = [
        [m.name for m in _service(each).enum("ProcessState").members] for each in ("v1.9.10", "v1.9.12")
    ]
    assert states[1] == [*states[0], "CANCELLED"]


def test_the_newest_has_everything_and_the_schema_stays_as_it_is() -> None:
    before = json.dumps(REAL.documents["types/function.yaml"].data)
    assert len(_service(None).messages) == len(_service(RELEASES[-1]).messages)
    _service("v1.9.4")
    assert json.dumps(REAL.documents["types/function.yaml"].data) == before


def test_an_unknown_release_names_those_that_are_known() -> None:
    assert named_release(REAL, "1.9.7") == named_release(REAL, "v1.9.7") == "v1.9.7"
    with pytest.raises(
        UnknownReleaseError, match=r"no server release '1\.9\.5'; it knows v1\.9\.4, v1\.9\.6, "
    ):
        named_release(REAL, "1.9.5")


def test_an_sdk_for_an_older_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It imports as a whole, reads what a server of that release answers, and has nothing that came later."""
    arguments = ["generate", "--target", "python", "--out", str(tmp_path), "--server-version"]
    assert main([*arguments, "1.9.5"]) != 0
    assert "it knows v1.9.4" in capsys.readouterr().err
    assert main([*arguments, "1.9.7"]) == 0
    with ServerThread(as_version="1.9.7") as server:
        payload = base64.b64encode(b'{"msgtype": "versionmsg"}').decode()
        envelope = json.dumps({"payloadtype": "versionmsg", "payload": payload, "signature": ""}).encode()
        with urllib.request.urlopen(f"{server.url}/api", envelope) as reply:
            answer = base64.b64decode(json.loads(reply.read())["payload"]).decode()
    done = subprocess.run(
        [sys.executable, "-c", _ALL, str(tmp_path / "python"), answer],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["v1.9.7-embedded", "97", "False"], "")
