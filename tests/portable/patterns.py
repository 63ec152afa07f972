"""Patterns of errors in `protocol.json`: each language finds for every recorded refusal the error that our client finds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from colonyos_gen_wire.methods import METHODS

from colonyos_gen.errors import find
from tests.portable import rust
from tests.portable.running import Row, ToolError, run
from tests.portable.samples import ROOT

_NODE = """const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
for (const {errors, status, text} of lines) {
  const found = errors.filter((each) => each.status === status && new RegExp(each.pattern).test(text));
  const most = Math.max(...found.map((each) => each.literal));
  console.log(JSON.stringify((found.find((each) => each.literal === most) || {name: ''}).name));
}
"""
_GO = """package main

import ("bufio"; "encoding/json"; "fmt"; "os"; "regexp")

type refusal struct {
	Errors []struct { Name, Pattern string; Status, Literal int }
	Status int
	Text string
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var r refusal
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil { panic(err) }
		name, most := "", -1
		for _, each := range r.Errors {
			if each.Status == r.Status && each.Literal > most && regexp.MustCompile(each.Pattern).MatchString(r.Text) {
				name, most = each.Name, each.Literal
			}
		}
		fmt.Printf("%q\\n", name)
	}
}
"""
_RUST = """use serde::Deserialize;

#[derive(Deserialize)]
struct Case { name: String, pattern: String, status: i64, literal: i64 }

#[derive(Deserialize)]
struct Refusal { errors: Vec<Case>, status: i64, text: String }

fn main() {
    for line in std::io::stdin().lines() {
        let refusal: Refusal = serde_json::from_str(&line.unwrap()).unwrap();
        let (mut name, mut most) = (String::new(), -1);
        for each in refusal.errors {
            if each.status == refusal.status && each.literal > most
                && regex::Regex::new(&each.pattern).unwrap().is_match(&refusal.text) {
                (name, most) = (each.name, each.literal);
            }
        }
        println!("{name:?}");
    }
}
"""


def refusals() -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of the error that our client finds, and what a program is given to find it."""
    document = json.loads((ROOT / "generated/protocol.json").read_text())
    for file in sorted((ROOT / "tests/golden/rpc").glob("*.json")):
        for exchange in json.loads(file.read_text())["exchanges"]:
            reply: dict[str, Any] = exchange.get("reply") or {}
            method = METHODS.get(exchange.get("msgtype"))
            if method is None or not reply.get("error") or not isinstance(reply.get("payload"), dict):
                continue
            said = cast("dict[str, Any]", reply["payload"])
            known = find(method, said["status"], said["message"])
            message = document["messages"][exchange["msgtype"]]
            errors = [*message.get("errors", []), *document["any_errors"]]
            # A body that is no JSON object is nothing that our client sends, so it knows no error for it.
            name = "malformed_envelope" if known is None else known.name
            yield name, {"errors": errors, "status": said["status"], "text": said["message"]}


def node(folder: Path) -> Row:
    """With RegExp."""
    (folder / "patterns.cjs").write_text(_NODE)
    return _judged("Node.js", lambda given: run("node", "patterns.cjs", cwd=folder, given=given))


def go(folder: Path) -> Row:
    """With regexp."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.go").write_text(_GO)
    (folder / "go.mod").write_text("module portable\n\ngo 1.24\n")
    return _judged("Go", lambda given: run("go", "run", ".", cwd=folder, given=given))


def rust_(crate: Path) -> Row:
    """With the crate regex."""
    (crate / "src").mkdir(parents=True, exist_ok=True)
    return _judged("Rust", lambda given: rust.built(crate, _RUST, given))


def _judged(language: str, answers: Callable[[str], str]) -> Row:
    row = Row(f"patterns of errors, {language}", "")
    known = list(refusals())
    said = [
        json.loads(line) for line in answers("".join(json.dumps(r) + "\n" for _, r in known)).splitlines()
    ]
    if len(said) != len(known):
        raise ToolError(f"{len(said)} answers to {len(known)} refusals")
    wrong = [
        f"{name}, not {found!r}: {r['text']}"
        for (name, r), found in zip(known, said, strict=True)
        if name != found
    ]
    row.replies = f"{len(known) - len(wrong)} of {len(known)}"
    row.failed = "; ".join(wrong[:3])
    return row
