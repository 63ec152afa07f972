"""The document with all that is no type: of the form that it says, true to recorded refusals, and enough for a client."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import coincurve
import pytest
from colonyos_gen_wire.methods import METHODS
from jsonschema import Draft202012Validator

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.errors import find
from colonyos_gen.server import ServerThread

GENERATED = Path(__file__).resolve().parents[3] / "generated"
RECORDINGS = Path(__file__).resolve().parents[2] / "golden/rpc"
DOCUMENT: dict[str, Any] = json.loads((GENERATED / "protocol.json").read_text())
SCHEMA: dict[str, Any] = json.loads((GENERATED / "protocol.schema.json").read_text())
TYPES: dict[str, Any] = json.loads((GENERATED / "colonyos.schema.json").read_text())


def refusals() -> Iterator[tuple[str, int, str]]:
    """The message type, status and text of each recorded refusal."""
    for file in sorted(RECORDINGS.glob("*.json")):
        for exchange in json.loads(file.read_text())["exchanges"]:
            reply: dict[str, Any] = exchange.get("reply") or {}
            failure: Any = reply.get("payload")
            if reply.get("error") and isinstance(failure, dict):
                refused = cast("dict[str, Any]", failure)
                yield exchange["msgtype"], refused["status"], refused["message"]


def matching(document: dict[str, Any], msgtype: str, status: int, text: str) -> list[dict[str, Any]]:
    """The errors that a refusal may be: those that match, and of these the ones with the most literal characters."""
    errors = [*document["messages"].get(msgtype, {}).get("errors", []), *document["any_errors"]]
    found = [each for each in errors if each["status"] == status and re.fullmatch(each["pattern"], text)]
    return [each for each in found if each["literal"] == max(other["literal"] for other in found)]


def problems(document: dict[str, Any]) -> list[str]:
    """What the schema of the document says against it."""
    validator: Any = Draft202012Validator(SCHEMA)
    return [each.message for each in validator.iter_errors(document)]


def test_it_has_the_form_that_its_schema_says() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert problems(DOCUMENT) == []


@pytest.mark.parametrize("gone", SCHEMA["required"])
def test_nothing_of_it_may_be_missing(gone: str) -> None:
    without = {key: value for key, value in DOCUMENT.items() if key != gone}
    assert problems(without)


def test_what_it_names_is_there() -> None:
    for msgtype, message in DOCUMENT["messages"].items():
        request = TYPES["$defs"][message["request"]]
        assert request["properties"]["msgtype"]["const"] == msgtype
        if not message["registered"]:
            continue
        assert set(message["roles"]) <= set(DOCUMENT["roles"])
        assert message["endpoint"] in DOCUMENT["endpoints"]
        assert {error["code"] for error in message["errors"]} <= set(DOCUMENT["codes"])
        keys = [
            message.get("unsafe_when"),
            *(message.get(each, {}).get("field") for each in ("waits", "about")),
        ]
        for method in message["methods"]:
            for parameter in method["parameters"]:
                keys += parameter.get("fields", {"": parameter.get("field")}).values()
        assert {key for key in keys if key} <= set(request["properties"]), msgtype
        ref = message["reply"].get("schema", {}).get("$ref", "#/$defs/Process")
        assert ref.rpartition("/")[2] in TYPES["$defs"]


def test_facts_that_other_documents_lack() -> None:
    messages = DOCUMENT["messages"]
    assert messages["assignprocessmsg"]["waits"] == {"field": "timeout", "unit": "seconds"}
    assert messages["getpausestatusmsg"]["reply"]["payloadtype"] == "pausestatusreplymsg"
    assert messages["subscribeprocessmsg"]["endpoint"] == "pubsub"
    assert {m["reply"]["when_null"] for m in messages.values() if "when_null" in m.get("reply", {})} == {
        "invalid"
    }
    assert {m["reply"]["when_empty"] for m in messages.values() if "when_empty" in m.get("reply", {})} == {
        "denied"
    }
    assert DOCUMENT["roles"]["colony_owner"]["key"] == "colony"


def test_what_not_every_release_has_is_told() -> None:
    errors = [each for message in DOCUMENT["messages"].values() for each in message.get("errors", [])]
    lives = [*DOCUMENT["messages"].values(), *errors]
    releases = set(DOCUMENT["server"]["releases"])
    said = {each[key] for each in lives for key in ("since", "until") if key in each}
    assert said
    assert said <= releases


def test_every_recorded_refusal_is_one_error() -> None:
    seen = 0
    for msgtype, status, text in refusals():
        found = matching(DOCUMENT, msgtype, status, text)
        method = METHODS.get(msgtype)
        if method is None:
            continue
        expected = find(method, status, text)
        if expected is None:  # of a body that is no JSON object, of which a client of ours knows no error
            assert [each["name"] for each in found] == ["malformed_envelope"], (msgtype, status, text)
            continue
        assert found, (msgtype, status, text)
        assert {each["code"] for each in found} == {expected.code.value}, (msgtype, status, text)
        assert found[0]["name"] == expected.name
        seen += 1
    assert seen > 600


def test_patterns_keep_to_what_all_languages_take() -> None:
    messages = DOCUMENT["messages"].values()
    errors = [
        *DOCUMENT["any_errors"],
        *(error for message in messages for error in message.get("errors", [])),
    ]
    plain = re.compile(r"\^(?:[^\\^$.|?*+()\[\]{}]|\\[\\^$.|?*+()\[\]{}]|\(\[\\s\\S\]\*\))*\$")
    for error in errors:
        assert plain.fullmatch(error["pattern"]), error["pattern"]
        assert error["pattern"].count(r"([\s\S]*)") == len(error["placeholders"])
        filled = error["text"]
        for name in error["placeholders"]:
            filled = filled.replace(f"{{{name}}}", f"<{name}>\n", 1)
        assert re.fullmatch(str(error["pattern"]), str(filled)) is not None, error["text"]
    assert len(errors) > 300


class TinyClient:
    """A client that knows nothing but what `protocol.json` says."""

    def __init__(self, url: str, keys: dict[str, bytes]) -> None:
        self.url = url
        self.keys = keys
        signing = DOCUMENT["signing"]
        assert (signing["curve"], signing["signed"]) == ("secp256k1", "payload_text")
        assert signing["signature"]["order"] == ["r", "s", "recovery_id"]  # which is that of coincurve
        self.hash = signing["hash"].replace("-", "_", 1)

    def identity(self, key: str) -> str:
        public = coincurve.PrivateKey(self.keys[key]).public_key
        how = DOCUMENT["signing"]["identity"]
        data = public.format(compressed=how["public_key"] == "compressed")
        return hashlib.new(
            self.hash, data.hex().encode() if how["hashed"] == "hex_text" else data
        ).hexdigest()

    def call(self, msgtype: str, **fields: object) -> Any:
        message = DOCUMENT["messages"][msgtype]
        payload = {DOCUMENT["signing"]["msgtype_key"]: msgtype, **fields}
        text = base64.b64encode(json.dumps(payload).encode()).decode()
        key: Any = coincurve.PrivateKey(self.keys[DOCUMENT["roles"][message["roles"][0]]["key"]])
        signature = key.sign_recoverable(hashlib.new(self.hash, text.encode()).digest(), hasher=None)
        endpoint = DOCUMENT["endpoints"][message["endpoint"]]
        body = {"payloadtype": msgtype, "payload": text, "signature": signature.hex()}
        request = urllib.request.Request(
            self.url + endpoint["path"],
            json.dumps(body).encode(),
            method=endpoint["method"],
        )
        try:
            with urllib.request.urlopen(request) as answer:
                reply = json.load(answer)
        except urllib.error.HTTPError as refused:
            reply = json.load(refused)
        content = json.loads(base64.b64decode(reply["payload"]))
        if not reply.get("error"):
            assert reply["payloadtype"] == message["reply"]["payloadtype"]
            return content
        assert reply["payloadtype"] == DOCUMENT["envelope"]["error_payloadtype"]
        return matching(DOCUMENT, msgtype, content["status"], content["message"])[0]


def test_a_client_can_be_written_from_it_alone() -> None:
    server_key = PrivateKey.generate()
    keys = {key: bytes.fromhex(PrivateKey.generate().hex()) for key in ("colony", "member")}
    keys["server"] = bytes.fromhex(server_key.hex())
    with ServerThread(server_key=server_key) as server:
        client = TinyClient(server.url, keys)
        assert client.identity("server") == server_key.id
        colony = {"colonyid": client.identity("colony"), "name": "c"}
        assert client.call("addcolonymsg", colony=colony)["colonyid"] == colony["colonyid"]
        executor = {
            "executorid": client.identity("member"),
            "executorname": "e",
            "executortype": "t",
            "colonyname": "c",
        }
        client.call("addexecutormsg", executor=executor)
        client.call("approveexecutormsg", colonyname="c", executorname="e")
        spec = {"funcname": "f", "conditions": {"colonyname": "c", "executortype": "t"}}
        process = client.call("submitfuncspecmsg", spec=spec)
        assigned = client.call("assignprocessmsg", colonyname="c", timeout=1)
        assert assigned["processid"] == process["processid"]
        refused = client.call("assignprocessmsg", colonyname="c", timeout=1)
        assert (refused["name"], refused["code"]) == ("no_process", "no_process")
        unknown = client.call("getprocessmsg", processid="0" * 64)
        assert unknown["code"] == "not_found"
