"""go-jsonschema: its types are built, and read and write every sample without losing anything."""

from __future__ import annotations

import json
from pathlib import Path

from tests.portable.running import Row, ToolError, run
from tests.portable.samples import SCHEMA, Sample, lost

VERSION = "v0.24.0"
_MAIN = """package main

import ("bufio"; "encoding/json"; "fmt"; "os")

type sample struct { Type string `json:"type"`; Value json.RawMessage `json:"value"` }

var types = map[string]func() any{
%s
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil { panic(err) }
		value := types[s.Type]()
		if err := json.Unmarshal(s.Value, value); err != nil { fmt.Printf("%%q\\n", err.Error()); continue }
		out, err := json.Marshal(value)
		if err != nil { panic(err) }
		fmt.Println(string(out))
	}
}
"""


def go_jsonschema(folder: Path, samples: list[Sample]) -> Row:
    """One row of the table."""
    row = Row("go-jsonschema", VERSION)
    # A folder of modules that cannot be written to could not be removed.
    where = {"GOBIN": str(folder), "GOFLAGS": "-modcacherw -mod=mod"}
    run("go", "install", f"github.com/atombender/go-jsonschema@{VERSION}", cwd=folder, **where)
    (folder / "schema.json").write_bytes(SCHEMA.read_bytes())
    run(folder / "go-jsonschema", "-p", "main", "schema.json", "-o", "types.go", cwd=folder)
    row.types = str((folder / "types.go").read_text().count("\ntype "))
    made = "\n".join(
        f'\t"{name}": func() any {{ return new({name}) }},' for name in sorted({s.type for s in samples})
    )
    (folder / "main.go").write_text(_MAIN % made)
    (folder / "go.mod").write_text("module portable\n\ngo 1.24\n")
    run("go", "vet", ".", cwd=folder, **where)
    row.compiled = "go vet"
    given = "".join(json.dumps({"type": s.type, "value": s.value}) + "\n" for s in samples)
    answers = [
        json.loads(line) for line in run("go", "run", ".", cwd=folder, given=given, **where).splitlines()
    ]
    if len(answers) != len(samples):
        raise ToolError(f"{len(answers)} answers to {len(samples)} samples")
    right = {"reply": 0, "request": 0}
    for sample, answer in zip(samples, answers, strict=True):
        problems = [answer] if isinstance(answer, str) else list(lost(sample.value, answer))
        right[sample.kind] += not problems
        row.failed = row.failed or "; ".join(f"{sample.type} {each}" for each in problems[:1])
    total = {kind: sum(s.kind == kind for s in samples) for kind in right}
    row.replies, row.requests = (f"{right[kind]} of {total[kind]}" for kind in ("reply", "request"))
    return row
