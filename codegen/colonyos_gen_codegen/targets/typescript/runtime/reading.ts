/** From JSON to values, by their shapes: Go's nulls and zero times absorbed, integers exact, unknown keys passed over. */

import { fromBase64 } from "./bytes.js";
import { InvalidReplyError } from "./errors.js";
import { instantOnWire } from "./instant.js";
import { parseJson, setOwn, type JsonValue } from "./json.js";
import { child, type Place, placeText, ROOT } from "./place.js";
import type { AnyStruct, Field, Shape } from "./shape.js";

/** Something in a reply that the schema does not know, and that was kept or passed over. */
export interface Drift {
  readonly kind: "unknown enum value" | "unknown field";
  /** Where, such as `$.spec.state`. */
  readonly path: string;
  /** The value of the enum, or the key. */
  readonly found: number | string;
  /** The enum or the type. */
  readonly type: string;
}

/** Who is told of what a schema does not know. */
export interface Notes {
  drift(drift: Drift): void;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Read the JSON text of a value. Throws `InvalidReplyError`. */
export function readText(shape: Shape, text: string, notes?: Notes): unknown {
  return read(shape, parsed(text), ROOT, notes);
}

/** Read only what is there of an object: no defaults for what is not. Throws `InvalidReplyError`. */
export function readGiven(struct: AnyStruct, text: string): Record<string, unknown> {
  const given = parsed(text);
  const made: Record<string, unknown> = {};
  for (const field of struct.fields) {
    const value = isObject(given) && Object.hasOwn(given, field.wire) ? given[field.wire] : undefined;
    if (value !== undefined) {
      made[field.wire] = readField(field, value, child(ROOT, field.wire), undefined);
    }
  }
  return made;
}

/** Read a value. Throws `InvalidReplyError`. */
export function read(shape: Shape, value: JsonValue, at: Place, notes: Notes | undefined): unknown {
  switch (shape.kind) {
    case "text":
      return typeof value === "string" ? value : wrong(at, "a text", value);
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value)
        ? value
        : wrong(at, "an integer from -(2^53 - 1) to 2^53 - 1", value);
    case "int64":
      return readInt64(value, at);
    case "enum":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) {
        return wrong(at, "an integer", value);
      }
      if (notes !== undefined && !shape.of.isKnown(value)) {
        notes.drift({ kind: "unknown enum value", path: placeText(at), found: value, type: shape.of.name });
      }
      return value;
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? Number(value) : wrong(at, "a number", value);
    case "boolean":
      return typeof value === "boolean" ? value : wrong(at, "true or false", value);
    case "time":
      return value === null ? undefined : readTime(value, at);
    case "bytes": {
      const bytes = typeof value === "string" ? fromBase64(value) : undefined;
      return bytes ?? wrong(at, "base64", value);
    }
    case "any":
      return value;
    case "list":
      return Array.isArray(value)
        ? value.map((item, index) => read(shape.item, item, child(at, index), notes))
        : wrong(at, "a list", value);
    case "map":
      return readMap(shape.item, value, at, notes);
    case "struct":
      return value === null && shape.optional === true ? undefined : readStruct(shape.of, value, at, notes);
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: JsonValue): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    throw new InvalidReplyError(`$ is ${error instanceof Error ? error.message : String(error)}`, "$", "", { cause: error });
  }
}

function readStruct(struct: AnyStruct, value: JsonValue, at: Place, notes: Notes | undefined): unknown {
  if (!isObject(value)) {
    return wrong(at, "an object", value);
  }
  const { fields, msgtype } = struct;
  const made: Record<string, unknown> = {};
  let known = 0;
  if (msgtype !== undefined && Object.hasOwn(value, "msgtype")) {
    known += 1;
    if (value["msgtype"] !== msgtype) {
      wrong(child(at, "msgtype"), JSON.stringify(msgtype), value["msgtype"] ?? null);
    }
  }
  for (const field of fields) {
    const there = Object.hasOwn(value, field.wire);
    known += Number(there);
    const read = readField(field, there ? value[field.wire] : undefined, child(at, field.wire), notes);
    if (read !== undefined) {
      setOwn(made, field.wire, read);
    }
  }
  if (notes !== undefined && known < Object.keys(value).length) {
    const names = new Set(fields.map((field) => field.wire));
    for (const key of Object.keys(value).filter((each) => !names.has(each) && (each !== "msgtype" || msgtype === undefined))) {
      notes.drift({ kind: "unknown field", path: placeText(child(at, key)), found: key, type: struct.name });
    }
  }
  return made;
}

function readField(field: Field, value: JsonValue | undefined, at: Place, notes: Notes | undefined): unknown {
  if (value === undefined) {
    if (field.required === true) {
      throw new InvalidReplyError(`${placeText(at)} is missing`, placeText(at));
    }
    return read(field.shape, field.default ?? emptyOf(field.shape), at, undefined);
  }
  return read(field.shape, value === null && field.goNull === true ? emptyOf(field.shape) : value, at, notes);
}

function emptyOf(shape: Shape): JsonValue {
  switch (shape.kind) {
    case "list":
      return [];
    case "map":
      return {};
    case "struct":
      return shape.optional === true ? null : {};
    case "bytes":
      return "";
    default:
      return null;
  }
}

function readMap(item: Shape, value: JsonValue, at: Place, notes: Notes | undefined): unknown {
  if (!isObject(value)) {
    return wrong(at, "an object", value);
  }
  const made: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    setOwn(made, key, read(item, each, child(at, key), notes));
  }
  return made;
}

function readInt64(value: JsonValue, at: Place): bigint {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return BigInt(value);
  }
  if (typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX) {
    return value;
  }
  return wrong(at, "an integer of 64 bits", value);
}

function readTime(value: JsonValue, at: Place): unknown {
  try {
    return typeof value === "string" ? instantOnWire(value) : wrong(at, "a time", value);
  } catch (error) {
    return error instanceof RangeError ? wrong(at, "a time as in RFC 3339", value) : raise(error);
  }
}

function raise(error: unknown): never {
  throw error;
}

function wrong(at: Place, expected: string, value: JsonValue): never {
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
  throw new InvalidReplyError(`${placeText(at)} is ${found}; expected ${expected}`, placeText(at));
}
