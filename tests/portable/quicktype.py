"""quicktype: its types in four languages are built, and read and write every sample without losing anything."""

from __future__ import annotations

import re
from pathlib import Path

from tests.portable import go, rust
from tests.portable.node import VERSIONS
from tests.portable.running import Row, run
from tests.portable.samples import Precision, Sample, given, graded, type_names

NEWTONSOFT = Path("/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll")
_TYPESCRIPT = """const {Convert} = require('./quicktype.js'), readline = require('readline');
const found = new Map(Object.getOwnPropertyNames(Convert).map((name) => [name.toLowerCase(), Convert[name]]));
readline.createInterface({input: process.stdin}).on('line', (line) => {
  const {type, value} = JSON.parse(line), name = type.toLowerCase();
  try {
    const read = found.get('to' + name)(JSON.stringify(value));
    console.log(JSON.stringify(JSON.parse(found.get(name + 'tojson')(read))));
  } catch (error) {
    console.log(JSON.stringify(String(error)));
  }
});
"""
_CSHARP = """using System;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

static class Reader {
  static void Main() {
    JsonConvert.DefaultSettings = () => new JsonSerializerSettings { DateParseHandling = DateParseHandling.None };
    string line;
    while ((line = Console.In.ReadLine()) != null) {
      var sample = JsonConvert.DeserializeObject<JObject>(line);
      var type = Type.GetType("QuickType." + sample["type"], true, true);
      try {
        var text = sample["value"].ToString(Formatting.None);
        var read = JsonConvert.DeserializeObject(text, type, QuickType.Converter.Settings);
        Console.WriteLine(JsonConvert.SerializeObject(read, Formatting.None, QuickType.Converter.Settings));
      } catch (Exception error) {
        Console.WriteLine(JsonConvert.SerializeObject(error.Message));
      }
    }
  }
}
"""


def typescript(folder: Path, samples: list[Sample]) -> Row:
    """With the checks at run time that quicktype writes beside the types."""
    row = _written(folder, "TypeScript", "typescript", "quicktype.ts")
    row.note = "integers to 2^53 (number), times to the millisecond (Date)"
    run("npx", "tsc", "--strict", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10",
        "quicktype.ts", cwd=folder)  # fmt: skip
    row.compiled = "tsc --strict"
    (folder / "quicktype_reader.cjs").write_text(_TYPESCRIPT)
    output = run("node", "quicktype_reader.cjs", cwd=folder, given=given(samples))
    return graded(row, samples, output, Precision(digits=3, doubles=True))


def rust_(folder: Path, crate: Path, samples: list[Sample]) -> Row:
    """With serde; points in time are texts."""
    (crate / "src").mkdir(parents=True, exist_ok=True)
    row = _written(folder, "Rust", "rust", str(crate / "src/types.rs"), "--visibility", "public")
    names = type_names(crate / "src/types.rs", r"^pub struct (\w+)", samples)
    return graded(row, samples, rust.read(crate, row, names, given(samples)))


def go_(folder: Path, module: Path, samples: list[Sample]) -> Row:
    """With encoding/json."""
    module.mkdir(parents=True, exist_ok=True)
    row = _written(folder, "Go", "go", str(module / "types.go"))
    go.read(module, row, type_names(module / "types.go", r"^type (\w+) struct", samples))
    return graded(row, samples, run("./reader", cwd=module, given=given(samples)))


def csharp(folder: Path, project: Path, samples: list[Sample]) -> Row:
    """With Newtonsoft's library and the compiler of Mono, which knows C# 7, so not the 8 of System.Text.Json."""
    row = _written(
        folder, "C#", "csharp", str(project / "Types.cs"), "--framework", "NewtonSoft", "--csharp-version", "6",
    )  # fmt: skip
    row.note = "times to 100 ns (DateTimeOffset)"
    (project / "Reader.cs").write_text(_CSHARP)
    (project / NEWTONSOFT.name).write_bytes(NEWTONSOFT.read_bytes())
    run("mcs", f"-r:{NEWTONSOFT}", "-out:reader.exe", "Types.cs", "Reader.cs", cwd=project)
    row.compiled = "mcs"
    output = run("mono", "reader.exe", cwd=project, given=given(samples))
    return graded(row, samples, output, Precision(digits=7))


def _written(folder: Path, title: str, language: str, target: str, *options: str) -> Row:
    row = Row(f"quicktype, {title}", VERSIONS["quicktype"])
    run("npx", "quicktype", "-s", "schema", "--lang", language, *options, "-o", target, "schema.json#/$defs/",
        cwd=folder)  # fmt: skip
    words = r"^(?:export |pub |    public )?(?:partial )?(?:interface|class|struct|enum|type) \w+"
    row.types = str(len(re.findall(words, (folder / target).read_text(), re.M)))
    return row
