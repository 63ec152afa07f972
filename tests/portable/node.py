"""Tools on Node.js: ajv, json-schema-to-typescript, and the reference parser of OpenRPC."""

from __future__ import annotations

import json
from pathlib import Path

from tests.portable.running import Row, run
from tests.portable.samples import OPENRPC, SCHEMA, Sample, counted

VERSIONS = {
    "ajv": "8.17.1",
    "ajv-formats": "3.0.1",
    "json-schema-to-typescript": "16.0.0",
    "quicktype": "26.0.0",
    "@open-rpc/schema-utils-js": "2.2.1",
    "typescript": "5.9.3",
}
TSC = (
    "npx",
    "tsc",
    "--strict",
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
    row = Row("ajv strict", VERSIONS["ajv"], note="integers to 2^53 (JSON.parse); their form is checked")
    flat = [(index, s.type, value) for index, s in enumerate(samples) for value in s.values]
    (folder / "samples.json").write_text(
        json.dumps([{"type": name, "value": value} for _, name, value in flat])
    )
    (folder / "check.mjs").write_text(_AJV)
    said = json.loads(run("node", "check.mjs", cwd=folder))
    row.types = row.compiled = str(said["types"])
    return counted(row, samples, {flat[at][0]: f"{flat[at][1]}: not valid" for at in said["wrong"]})


def typescript(folder: Path, samples: list[Sample]) -> Row:
    """Each sample is a value of its type for the strict compiler, which refuses a wrong one beside them."""
    row = Row("json-schema-to-typescript", VERSIONS["json-schema-to-typescript"])
    row.note = "types only; integers to 2^53 (number)"
    run("npx", "json2ts", "--unreachableDefinitions", "-i", "schema.json", "-o", "types.ts", cwd=folder)
    row.types = str((folder / "types.ts").read_text().count("\nexport "))
    flat = [(sample.type, value) for sample in samples for value in sample.values]
    values = "\n".join(
        f"export const v{at}: T.{name} = {json.dumps(value)};" for at, (name, value) in enumerate(flat)
    )
    (folder / "values.ts").write_text(f'import type * as T from "./types";\n{values}\n{_WRONG}')
    run(*TSC, "--noEmit", "types.ts", "values.ts", cwd=folder)
    row.compiled = "tsc --strict"
    return counted(row, samples, {})


def openrpc(folder: Path) -> Row:
    """The reference parser validates the document, and writes every reference out."""
    row = Row("OpenRPC reference parser", VERSIONS["@open-rpc/schema-utils-js"])
    (folder / "openrpc.mjs").write_text(_OPENRPC)
    row.types = run("node", "openrpc.mjs", cwd=folder).strip() + " methods"
    row.compiled = "valid, dereferenced"
    return row
