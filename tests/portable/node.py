"""Tools on Node.js: ajv, json-schema-to-typescript, quicktype, and the reference parser of OpenRPC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.portable.running import Row, run
from tests.portable.samples import OPENRPC, SCHEMA, Sample

VERSIONS = {
    "ajv": "8.17.1",
    "ajv-formats": "3.0.1",
    "json-schema-to-typescript": "16.0.0",
    "quicktype": "26.0.0",
    "@open-rpc/schema-utils-js": "2.2.1",
    "typescript": "5.9.3",
}
QUICKTYPE = {"typescript": "TypeScript", "rust": "Rust", "go": "Go", "csharp": "C#"}
_TSC = (
    "npx",
    "tsc",
    "--strict",
    "--noEmit",
    "--skipLibCheck",
    "--target",
    "es2022",
    "--module",
    "es2022",
    "--moduleResolution",
    "bundler",
)
_AJV = """
import Ajv from 'ajv/dist/2020.js'; import formats from 'ajv-formats'; import fs from 'fs';
const read = (name) => JSON.parse(fs.readFileSync(name, 'utf8'));
const schema = read('schema.json'), samples = read('samples.json');
const ajv = new Ajv.default({strict: true, allowUnionTypes: true});
formats.default(ajv);
ajv.addVocabulary([...schema['x-keywords'], ...Object.keys(schema).filter((key) => key.startsWith('x-'))]);
ajv.addSchema(schema, 'colonyos');
const wrong = samples.flatMap(({type, value}, index) =>
  ajv.getSchema('colonyos#/$defs/' + type)(value) ? [] : [index]);
const types = Object.keys(schema.$defs).filter((name) => ajv.getSchema('colonyos#/$defs/' + name)).length;
console.log(JSON.stringify({types, wrong}));
"""
_WRONG = """// @ts-expect-error
export const wrong: T.SubmitFunctionSpecMsg = {msgtype: "submitfuncspecmsg", spec: {funcname: "f", args: 5}};
"""
_OPENRPC = """
import {parseOpenRPCDocument, validateOpenRPCDocument} from '@open-rpc/schema-utils-js'; import fs from 'fs';
const document = JSON.parse(fs.readFileSync('openrpc.json', 'utf8'));
const valid = validateOpenRPCDocument(document);
if (valid !== true) throw valid;
const parsed = await parseOpenRPCDocument(document, {dereference: true});
if (JSON.stringify(parsed).includes('"$ref"')) throw new Error('a reference is left');
console.log(parsed.methods.length);
"""


def install(folder: Path) -> None:
    """Put the tools into `folder`, in the versions above."""
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": VERSIONS}))
    run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", cwd=folder)
    (folder / "schema.json").write_bytes(SCHEMA.read_bytes())
    (folder / "openrpc.json").write_bytes(OPENRPC.read_bytes())


def ajv(folder: Path, samples: list[Sample]) -> Row:
    """Everything is read by the strictest validator."""
    row = Row("ajv strict", VERSIONS["ajv"])
    (folder / "samples.json").write_text(json.dumps([{"type": s.type, "value": s.value} for s in samples]))
    (folder / "check.mjs").write_text(_AJV)
    said = json.loads(run("node", "check.mjs", cwd=folder))
    row.types = row.compiled = str(said["types"])
    row.replies = _right(samples, said["wrong"], "reply")
    row.requests = _right(samples, said["wrong"], "request")
    wrong: list[int] = said["wrong"]
    row.failed = ", ".join(samples[index].type for index in wrong)
    return row


def _right(samples: list[Sample], wrong: list[int], kind: str) -> str:
    of_kind = [index for index, sample in enumerate(samples) if sample.kind == kind]
    return f"{len(set(of_kind) - set(wrong))} of {len(of_kind)}"


def typescript(folder: Path, samples: list[Sample]) -> Row:
    """Each sample is a value of its type for the strict compiler, which refuses a wrong one beside them."""
    row = Row("json-schema-to-typescript", VERSIONS["json-schema-to-typescript"])
    run("npx", "json2ts", "--unreachableDefinitions", "-i", "schema.json", "-o", "types.ts", cwd=folder)
    row.types = str((folder / "types.ts").read_text().count("\nexport "))
    values = "\n".join(
        f"export const v{i}: T.{s.type} = {json.dumps(s.value)};" for i, s in enumerate(samples)
    )
    (folder / "values.ts").write_text(f'import type * as T from "./types";\n{values}\n{_WRONG}')
    run(*_TSC, "types.ts", "values.ts", cwd=folder)
    row.compiled = "tsc --strict"
    row.replies, row.requests = _right(samples, [], "reply"), _right(samples, [], "request")
    return row


def quicktype(folder: Path) -> Iterator[Row]:
    """Types of four languages; the strict compiler takes those of TypeScript."""
    for language, name in QUICKTYPE.items():
        row = Row(f"quicktype, {name}", VERSIONS["quicktype"])
        target = f"quicktype_{language}.ts"
        run(
            "npx",
            "quicktype",
            "-s",
            "schema",
            "--lang",
            language,
            "-o",
            target,
            "schema.json#/$defs/",
            cwd=folder,
        )
        row.types = "written"
        if language == "typescript":
            run(*_TSC, target, cwd=folder)
            row.compiled = "tsc --strict"
        yield row


def openrpc(folder: Path) -> Row:
    """The reference parser validates the document, and writes every reference out."""
    row = Row("OpenRPC reference parser", VERSIONS["@open-rpc/schema-utils-js"])
    (folder / "openrpc.mjs").write_text(_OPENRPC)
    row.types = run("node", "openrpc.mjs", cwd=folder).strip() + " methods"
    row.compiled = "valid, dereferenced"
    return row
