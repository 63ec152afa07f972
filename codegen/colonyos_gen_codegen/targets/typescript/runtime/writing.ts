/** From values to JSON, by their shapes: defaults filled in, and nothing sent that breaks a limit of the schema. */

import { toBase64, toUtf8 } from "./bytes.js";
import { InvalidReplyError, InvalidRequestError } from "./errors.js";
import { Instant } from "./instant.js";
import { parseJson, setOwn, stringifyJson, type JsonObject, type JsonValue } from "./json.js";
import { child, type Place, placeText, ROOT } from "./place.js";
import { isObject, read } from "./reading.js";
import type { AnyStruct, Field, Leaf, Limit, Shape } from "./shape.js";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const SECRET = "not what it must be (it is not shown)";

/** Write a value as JSON. Throws `InvalidRequestError` if it breaks a rule. */
export function writeText(shape: Shape, value: unknown): string {
  return stringifyJson(new Writer(true).write(shape, value, ROOT));
}

/** Write what was read, which may break limits: they bind who sends a value first. */
export function writeBack(shape: Shape, value: unknown): string {
  return stringifyJson(new Writer(false).write(shape, value, ROOT));
}

class Writer {
  constructor(private readonly checks: boolean) {}

  write(shape: Shape, value: unknown, at: Place, secret = false): JsonValue {
    switch (shape.kind) {
      case "list":
        return this.#list(shape.item, value, at);
      case "map":
        return this.#map(shape.item, shape.key, value, at);
      case "struct":
        return shape.optional === true && (value === undefined || value === null) ? null : this.#struct(shape.of, value, at);
      case "enum":
        return this.#integer(value, at, shape.limit, false);
      default:
        return this.#leaf(shape, value, at, secret);
    }
  }

  #leaf(shape: Leaf, value: unknown, at: Place, secret: boolean): JsonValue {
    const { limit } = shape;
    switch (shape.kind) {
      case "text":
        if (typeof value !== "string") {
          return refuse(at, "a text", value, secret);
        }
        this.#limitText(limit, value, at, secret);
        return value;
      case "integer":
      case "int64":
        return this.#integer(value, at, limit, shape.kind === "int64");
      case "number":
        return typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))
          ? Number(value)
          : refuse(at, "a finite number", value, secret);
      case "boolean":
        return typeof value === "boolean" ? value : refuse(at, "true or false", value, secret);
      case "time":
        if (value === undefined || value === null) {
          return null;
        }
        return value instanceof Instant ? value.toString() : refuse(at, "an Instant", value, secret);
      case "bytes":
        if (!(value instanceof Uint8Array)) {
          return refuse(at, "a Uint8Array", value, secret);
        }
        if (this.checks && limit?.maxBytes !== undefined && value.length > limit.maxBytes) {
          refuse(at, limit.rule, `${String(value.length)} bytes`, secret);
        }
        return toBase64(value);
      case "any":
        return this.#json(value, at);
    }
  }

  #limitText(limit: Limit | undefined, value: string, at: Place, secret: boolean): void {
    if (!this.checks || limit === undefined) {
      return;
    }
    const tooLong = limit.maxBytes !== undefined && toUtf8(value).length > limit.maxBytes;
    if (tooLong || limit.pattern?.test(value) === false) {
      refuse(at, limit.rule, value, secret);
    }
  }

  #integer(value: unknown, at: Place, limit: Limit | undefined, wide: boolean): number | bigint {
    if (typeof value === "bigint" ? !wide && !Number.isSafeInteger(Number(value)) : !Number.isSafeInteger(value)) {
      return refuse(at, wide ? "an integer" : "an integer from -(2^53 - 1) to 2^53 - 1", value, false);
    }
    const integer = value as number | bigint;
    if (integer < INT64_MIN || integer > INT64_MAX) {
      refuse(at, "an integer of 64 bits", value, false);
    }
    if (this.checks && limit !== undefined && breaks(limit, integer)) {
      refuse(at, limit.rule, value, false);
    }
    return integer;
  }

  #json(value: unknown, at: Place): JsonValue {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#json(item, child(at, index)));
    }
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "bigint":
        // The server reads such numbers into doubles.
        if (this.checks && BigInt(Number(value)) !== value) {
          refuse(at, "an integer that a 64-bit float can hold; send a larger one as text", value, false);
        }
        return value;
      case "number":
        return Number.isFinite(value) ? value : refuse(at, "a finite number", value, false);
      case "undefined":
        return null;
      case "object": {
        if (value === null) {
          return null;
        }
        const prototype: unknown = Object.getPrototypeOf(value);
        if (prototype !== Object.prototype && prototype !== null) {
          return refuse(at, "a value that JSON has: a plain object, a list, a text, a number, a boolean or null", value, false);
        }
        const made: JsonObject = {};
        for (const [key, item] of Object.entries(value)) {
          if (item !== undefined) {
            setOwn(made, key, this.#json(item, child(at, key)));
          }
        }
        return made;
      }
      default:
        return refuse(at, "a value that JSON has", value, false);
    }
  }

  #list(item: Shape, value: unknown, at: Place): JsonValue[] {
    if (value === undefined || value === null) {
      return [];
    }
    return Array.isArray(value)
      ? value.map((each, index) => this.write(item, each, child(at, index)))
      : refuse(at, "a list", value, false);
  }

  #map(item: Shape, key: Limit | undefined, value: unknown, at: Place): JsonObject {
    const made: JsonObject = {};
    if (value === undefined || value === null) {
      return made;
    }
    if (typeof value !== "object" || Array.isArray(value)) {
      return refuse(at, "an object", value, false);
    }
    for (const [name, each] of Object.entries(value)) {
      this.#limitText(key, name, child(at, name), false);
      setOwn(made, name, this.write(item, each, child(at, name)));
    }
    return made;
  }

  #struct(struct: AnyStruct, value: unknown, at: Place): JsonObject {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return refuse(at, `a ${struct.name}`, value, false);
    }
    const given = value as Readonly<Record<string, unknown>>;
    const made: JsonObject = {};
    if (struct.msgtype !== undefined) {
      made["msgtype"] = struct.msgtype;
    }
    for (const field of struct.fields) {
      const place = child(at, field.wire);
      const held = Object.hasOwn(given, field.wire) ? given[field.wire] : undefined;
      if (held === undefined && field.required === true) {
        refuse(place, "given", held, false);
      }
      setOwn(made, field.wire, this.#field(field, held, place));
    }
    return made;
  }

  #field(field: Field, held: unknown, at: Place): JsonValue {
    const { shape } = field;
    const value = held === undefined && field.default !== undefined ? read(shape, field.default, at, undefined) : held;
    const absent = value === undefined && shape.kind === "struct" && shape.optional !== true;
    const written = this.write(shape, absent ? {} : value, at, field.secret);
    if (this.checks) {
      this.#checkInside(field, written, at);
    }
    return written;
  }

  #checkInside(field: Field, written: JsonValue, at: Place): void {
    if (field.refine !== undefined && isObject(written)) {
      for (const [wire, limit] of Object.entries(field.refine)) {
        const value = written[wire];
        if (typeof value === "string") {
          this.#limitText(limit, value, child(at, wire), false);
        } else if ((typeof value === "number" || typeof value === "bigint") && breaks(limit, value)) {
          refuse(child(at, wire), limit.rule, value, false);
        }
      }
    }
    if (field.json !== undefined && typeof written === "string") {
      this.#checkJson(field.json, written, at);
    }
    for (const [path, wire] of field.among ?? []) {
      const items = Array.isArray(written) ? written.filter(isObject) : [];
      const known = new Set(items.map((item) => item[wire]));
      items.forEach((item, index) => {
        requireKnown(item, path, known, `the ${wire} of one of ${field.wire}`, child(at, index));
      });
    }
  }

  /** The limits of an object that travels as text. What cannot be read is left to the server to refuse. */
  #checkJson(struct: AnyStruct, text: string, at: Place): void {
    let value: unknown;
    try {
      value = read({ kind: "struct", of: struct }, parseJson(text), at, undefined);
    } catch (error) {
      if (error instanceof InvalidReplyError || error instanceof SyntaxError) {
        return;
      }
      throw error;
    }
    this.#struct(struct, value, at);
  }
}

/** Whether an integer breaks a limit. */
function breaks(limit: Limit, value: number | bigint): boolean {
  const { minimum, maximum, excluded = [] } = limit;
  return (
    (minimum !== undefined && value < minimum) ||
    (maximum !== undefined && value > maximum) ||
    excluded.some((each) => BigInt(each) === BigInt(value))
  );
}

function requireKnown(
  value: JsonValue,
  path: readonly string[],
  known: ReadonlySet<JsonValue | undefined>,
  rule: string,
  at: Place,
): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      requireKnown(item, path, known, rule, child(at, index));
    });
    return;
  }
  const [step, ...rest] = path;
  if (step !== undefined && isObject(value)) {
    requireKnown(value[step] ?? null, rest, known, rule, child(at, step));
  } else if (!known.has(value)) {
    refuse(at, rule, value, false);
  }
}

function refuse(at: Place, rule: string, value: unknown, secret: boolean): never {
  throw new InvalidRequestError(placeText(at), rule, secret ? SECRET : shown(value));
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : inWords(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function inWords(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return "missing";
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
    default:
      return `a ${typeof value}`;
  }
}
