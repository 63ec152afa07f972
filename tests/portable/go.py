"""Types in Go are built, and read and write every sample without losing anything: those of go-jsonschema."""

from __future__ import annotations

from pathlib import Path

from tests.portable.running import Row, run
from tests.portable.samples import SCHEMA, Sample, given, graded, type_names

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


def environment(folder: Path) -> dict[str, str]:
    """Variables of the go command; a folder of modules that cannot be written to could not be removed."""
    return {"GOBIN": str(folder), "GOFLAGS": "-modcacherw -mod=mod"}


def install(folder: Path) -> None:
    """Put go-jsonschema into `folder`."""
    run("go", "install", f"github.com/atombender/go-jsonschema@{VERSION}", cwd=folder, **environment(folder))


def go_jsonschema(folder: Path, samples: list[Sample]) -> Row:
    """One row of the table."""
    row = Row("go-jsonschema", VERSION)
    install(folder)
    (folder / "schema.json").write_bytes(SCHEMA.read_bytes())
    run(folder / "go-jsonschema", "-p", "main", "schema.json", "-o", "types.go", cwd=folder)
    row.types = str((folder / "types.go").read_text().count("\ntype "))
    read(folder, row, type_names(folder / "types.go", r"^type (\w+) struct", samples))
    return graded(row, samples, run("./reader", cwd=folder, given=given(samples)))


def read(folder: Path, row: Row, names: dict[str, str]) -> None:
    """Build `reader` from the types in `folder`: of each definition the name that its type has there."""
    made = "\n".join(
        f'\t"{name}": func() any {{ return new({there}) }},' for name, there in sorted(names.items())
    )
    (folder / "main.go").write_text(_MAIN % made)
    (folder / "go.mod").write_text("module portable\n\ngo 1.24\n")
    run("go", "vet", ".", cwd=folder, **environment(folder))
    row.compiled = "go vet"
    run("go", "build", "-o", "reader", ".", cwd=folder, **environment(folder))
