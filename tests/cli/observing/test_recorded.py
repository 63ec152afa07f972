"""Recorded traffic against the schema, in every form in which it may be recorded."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.methods import METHODS

from tests.cli.observing.command import drift, report, told
from tests.client.kit.bent import everywhere

JSON = Any
ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden"
EXAMPLES = ROOT / "schema/examples"
SUBMIT = "submitfuncspecmsg"
PROCESS: JSON = json.loads((EXAMPLES / "process.json").read_text(encoding="utf-8"))[SUBMIT][0]


def _envelope(payload: JSON, payloadtype: str = SUBMIT, *, error: bool = False) -> dict[str, JSON]:
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return {"payloadtype": payloadtype, "payload": text, "error": error}


def _request(payload: JSON, payloadtype: str = SUBMIT) -> dict[str, JSON]:
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return {"payloadtype": payloadtype, "payload": text, "signature": "00"}


def _bent(change: Callable[[dict[str, JSON]], None]) -> JSON:
    payload = json.loads(json.dumps(PROCESS["reply"]))
    change(payload)
    return payload


def test_what_the_real_server_did_is_as_the_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = drift(capsys, "--recorded", GOLDEN)
    assert (code, out.splitlines()[-1].split(":")[0]) == (0, "no drift")
    document = report(capsys, "--recorded", GOLDEN)
    assert document["differences"] == []
    assert set(document["tried"]) >= METHODS.keys() - {"subscribeprocessesmsg"}
    assert document["untried"] == {"subscribeprocessesmsg": "it is not in the recordings"}
    assert all("crypto/" in line or "facts.json" in line for line in err.splitlines())


def test_the_examples_of_the_schema_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    document = report(capsys, "--recorded", EXAMPLES)
    assert document["differences"] == []
    assert document["tried"].keys() == METHODS.keys()
    assert document["untried"] == {}


def _archive(exchange: tuple[JSON, JSON]) -> JSON:
    request, reply = exchange
    headers: list[JSON] = []
    return {
        "log": {
            "entries": [
                {
                    "request": {
                        "method": "POST",
                        "headers": headers,
                        "postData": {"text": json.dumps(request)},
                    },
                    "response": {
                        "status": 200,
                        "headers": headers,
                        "content": {
                            "encoding": "base64",
                            "text": base64.b64encode(json.dumps(reply).encode()).decode(),
                        },
                    },
                }
            ]
        }
    }


FORMS: dict[str, Callable[[JSON], bytes]] = {
    "ours.json": lambda bent: json.dumps(
        {
            "scenario": "x",
            "exchanges": [
                {
                    "msgtype": SUBMIT,
                    "request_payload": PROCESS["request"],
                    "http_status": 200,
                    "reply": {"payloadtype": SUBMIT, "payload": bent, "error": False},
                    "raw_reply": json.dumps(_envelope(bent)),
                }
            ],
        }
    ).encode(),
    "opened.json": lambda bent: json.dumps(
        [{"msgtype": SUBMIT, "reply": {"payloadtype": SUBMIT, "payload": bent, "error": False}}]
    ).encode(),
    "sockets.json": lambda bent: json.dumps(
        {"events": [{"type": "ws_recv", "raw": json.dumps(_envelope(bent))}, {"type": "ws_idle"}]}
    ).encode(),
    "examples.json": lambda bent: json.dumps(
        {SUBMIT: [{"title": "t", "request": PROCESS["request"], "reply": bent}]}
    ).encode(),
    "lines.jsonl": lambda bent: (
        json.dumps({"request": _request({}), "response": _envelope(bent)}) + "\n"
    ).encode(),
    "bare.json": lambda bent: json.dumps(_envelope(bent)).encode(),
    "archive.har": lambda bent: json.dumps(_archive((_request({}), _envelope(bent)))).encode(),
    "proxy.log": lambda bent: (
        f"10:00 > POST /api\n{json.dumps(_request({}))}\n10:01 < 200 OK\n\n{json.dumps(_envelope(bent))}\nend\n"
    ).encode(),
    "old.json.gz": lambda bent: gzip.compress(json.dumps([_envelope(bent)]).encode()),
    "text.json": lambda bent: json.dumps(
        {"calls": [{"sent": json.dumps(_request({})), "received": json.dumps(_envelope(bent))}]}
    ).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name](_bent(lambda process: process.update(colour="red"))))
    for path in (tmp_path, tmp_path / name):
        document = report(capsys, "--recorded", path)
        assert told(document) == ["field unknown Process.colour"]
        (seen,) = document["differences"][0]["seen"]
        assert {key: seen[key] for key in ("msgtype", "path", "times", "replies", "of")} == {
            "msgtype": SUBMIT, "path": "colour", "times": 1, "replies": 1, "of": 1,
        }  # fmt: skip
        assert name in seen["first"]


@pytest.mark.parametrize("name", FORMS)
def test_no_form_is_taken_for_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name](PROCESS["reply"]))
    code, _, _ = drift(capsys, "--recorded", tmp_path)
    assert code == 0


CHANGES: list[tuple[Callable[[dict[str, JSON]], Any], str, str]] = [
    (lambda p: p.update(colour=1), "field unknown Process.colour", "integer"),
    (lambda p: p["spec"]["conditions"].update(rack={"a": 1}), "field unknown Conditions.rack", "object"),
    (lambda p: p.pop("state"), "field missing Process.state", "nothing"),
    (lambda p: p["spec"].pop("funcname"), "field missing FunctionSpec.funcname", "nothing"),
    (lambda p: p.update(retries="1"), "field mistyped Process.retries", "string"),
    (lambda p: p.update(isassigned=1), "field mistyped Process.isassigned", "integer"),
    (lambda p: p.update(submissiontime="yesterday"), "field mistyped Process.submissiontime", "string"),
    (lambda p: p.update(processid=None), "field mistyped Process.processid", "null"),
    (lambda p: p["spec"].update(conditions=[]), "field mistyped FunctionSpec.conditions", "list"),
    (lambda p: p["spec"].update(label={"a": 1}), "field mistyped FunctionSpec.label", "object"),
    (lambda p: p.update(state=17), "enum value unknown ProcessState 17", "17"),
]


@pytest.mark.parametrize(("change", "subject", "now"), CHANGES, ids=[each[1] for each in CHANGES])
def test_every_kind_of_difference_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, subject: str, now: str
) -> None:
    bent = _bent(change)
    (tmp_path / "a.json").write_bytes(FORMS["ours.json"](bent))
    (tmp_path / "b.json").write_bytes(FORMS["lines.jsonl"](PROCESS["reply"]))
    code, out, _ = drift(capsys, "--recorded", tmp_path)
    assert code == 100
    assert [line for line in out.splitlines() if line.startswith(f"{subject}:")], out
    document = report(capsys, "--recorded", tmp_path)
    assert told(document) == [subject]
    (difference,) = document["differences"]
    assert (difference["new"] or "nothing") == now
    assert difference["old_at"] is None or difference["old_at"]["file"].endswith(".yaml")
    assert [(each["replies"], each["of"]) for each in difference["seen"]] == [(1, 2)]


def test_a_field_is_one_difference_with_all_its_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bend = everywhere(lambda spec: spec.update(colour="red"), "funcname", "conditions")
    for name in ("process", "workflow", "cron"):
        text = (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")
        document = {
            msgtype: [{**each, "reply": bend(msgtype, each["reply"])} for each in examples]
            for msgtype, examples in json.loads(text).items()
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    found = report(capsys, "--recorded", tmp_path)
    assert told(found) == ["field unknown FunctionSpec.colour"]
    paths = {(seen["msgtype"], seen["path"]) for seen in found["differences"][0]["seen"]}
    assert paths >= {(SUBMIT, "spec.colour"), ("getprocessesmsg", "[].spec.colour")}


def test_messages_are_refused_as_unknown_or_unknown_to_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = {"status": 403, "message": f"invalid rpcMsg.PayloadType: {SUBMIT}"}
    exchanges = [
        {"request": _request({"msgtype": SUBMIT}), "reply": _envelope(refusal, "error", error=True)},
        {"request": _request({"a": 1}, "paintmsg"), "reply": _envelope({"b": "c"}, "paintmsg")},
    ]
    (tmp_path / "a.json").write_text(json.dumps(exchanges), encoding="utf-8")
    assert told(report(capsys, "--recorded", tmp_path)) == [
        f"message refused as unknown {SUBMIT}",
        "message unknown paintmsg",
    ]


def test_an_envelope_or_a_failure_with_more_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refusal = {"status": 400, "message": "no", "code": 7}
    exchanges = [
        {"request": _request({}), "reply": {**_envelope(refusal, "error", error=True), "trace": "t"}},
    ]
    (tmp_path / "a.json").write_text(json.dumps(exchanges), encoding="utf-8")
    assert told(report(capsys, "--recorded", tmp_path)) == [
        "field unknown Failure.code",
        "field unknown RPCReplyMsg.trace",
    ]


def test_a_payload_that_is_no_json_and_one_of_another_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"payloadtype": SUBMIT, "payload": base64.b64encode(b'{"processid": ').decode(), "error": False}
    exchanges = [
        {"request": _request({}), "reply": broken},
        {"request": _request({}, "getprocessmsg"), "reply": _envelope(PROCESS["reply"], "othermsg")},
    ]
    (tmp_path / "a.json").write_text(json.dumps(exchanges), encoding="utf-8")
    assert told(report(capsys, "--recorded", tmp_path)) == [
        "field mistyped getprocessmsg",
        f"reply unreadable {SUBMIT}",
    ]


def test_files_that_are_not_understood_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.json").write_bytes(FORMS["bare.json"](PROCESS["reply"]))
    (tmp_path / "odd.bin").write_bytes(bytes(range(256)))
    (tmp_path / "odd.json").write_text('{"a": [1, {"b": "c"}]}', encoding="utf-8")
    (tmp_path / "cut.json").write_text('{"exchanges": [', encoding="utf-8")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"{}" * 1000)[:-12])
    code, _, err = drift(capsys, "--recorded", tmp_path)
    assert code == 0
    for name in ("odd.bin", "odd.json", "cut.json", "cut.gz"):
        assert f"{name}: not " in err
    assert "good.json" not in err


def test_there_is_something_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = drift(capsys, "--recorded", tmp_path / "nowhere")
    assert (code, "is not there" in err) == (2, True)
    (tmp_path / "odd.json").write_text("{}", encoding="utf-8")
    code, _, err = drift(capsys, "--recorded", tmp_path)
    assert (code, "no reply of a server" in err) == (2, True)


def test_another_schema_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = tmp_path / "schema"
    shutil.copytree(ROOT / "schema", schema)
    file = schema / "types/process.yaml"
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    start = lines.index("      isassigned:\n")
    end = next(
        i for i in range(start + 1, len(lines)) if lines[i].startswith("      ") and lines[i][6] != " "
    )
    file.write_text("".join(lines[:start] + lines[end:]), encoding="utf-8")
    for example in (schema / "examples").glob("*.json"):
        example.write_text("{}", encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/a.json").write_bytes(FORMS["ours.json"](PROCESS["reply"]))
    document = report(capsys, "--recorded", tmp_path / "a", "--schema", schema)
    assert told(document) == ["field unknown Process.isassigned"]


def test_what_is_new_is_drafted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(process: dict[str, JSON]) -> None:
        process |= {"colour": "red", "weights": [1, 2.5], "state": 17}

    (tmp_path / "a").mkdir()
    (tmp_path / "a/a.json").write_bytes(FORMS["ours.json"](_bent(change)))
    patch = tmp_path / "new.patch"
    code, _, err = drift(capsys, "--recorded", tmp_path / "a", "--write", patch)
    assert code == 100
    added = [line for line in patch.read_text(encoding="utf-8").splitlines() if line.startswith("+")]
    assert "+      colour:" in added
    assert "+      weights:" in added
    assert any("enum: [0, 1, 2, 3, 4, 17]" in line for line in added)
    assert "3 skeletons" in err
