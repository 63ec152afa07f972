/** JSON without rounding: integers that a number cannot hold exactly are bigints, in both directions. */

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** An object with any keys. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** The text is not JSON; `position` is where that shows. */
export class JsonError extends SyntaxError {
  override readonly name = "JsonError";

  constructor(
    what: string,
    readonly position: number,
  ) {
    super(`not JSON: ${what} at position ${String(position)}`);
  }
}

/** Nesting beyond this is refused, by this reader as by the stack. */
const DEEPEST = 1000;
/** Only a text with one of these can hold a number that `JSON.parse` would change. */
const MAY_HOLD_LARGE_NUMBERS = /\d{16}|\d[eE]\+?\d{3}/u;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/uy;
const PLAIN = /[^"\\\u0000-\u001f]*/uy;

/** Set a key of an object, also one called `__proto__`. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

/**
 * Read JSON. Integers beyond 2^53 come as bigints.
 *
 * @throws {JsonError} The text is not JSON, or holds a number that is too large for any.
 */
export function parseJson(text: string): JsonValue {
  if (MAY_HOLD_LARGE_NUMBERS.test(text)) {
    return new Parser(text).whole();
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return new Parser(text).whole(); // which says where
    }
    throw error;
  }
}

/** The first JSON value in a text, whatever follows. Throws `JsonError`. */
export function parseFirstJson(text: string): JsonValue {
  return new Parser(text).first();
}

/**
 * Write JSON, as short as it gets; bigints as digits.
 *
 * @throws {TypeError} A number is not finite, or a value is none that JSON has.
 */
export function stringifyJson(value: JsonValue): string {
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw new TypeError(`JSON has no word for the number ${String(value)}`);
    }
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(stringifyJson).join(",")}]`;
  }
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${stringifyJson(item)}`);
    return `{${entries.join(",")}}`;
  }
  throw new TypeError(`JSON has no word for a ${typeof value}`);
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  whole(): JsonValue {
    const value = this.first();
    this.#skip();
    if (this.#at < this.text.length) {
      throw this.#unexpected();
    }
    return value;
  }

  first(): JsonValue {
    this.#skip();
    return this.#value(0);
  }

  #value(depth: number): JsonValue {
    if (depth > DEEPEST) {
      throw new JsonError(`more than ${String(DEEPEST)} levels`, this.#at);
    }
    switch (this.text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const made: JsonObject = {};
    this.#at += 1;
    this.#skip();
    if (this.#took("}")) {
      return made;
    }
    do {
      this.#skip();
      if (this.text[this.#at] !== '"') {
        throw this.#unexpected();
      }
      const key = this.#string();
      this.#skip();
      this.#demand(":");
      this.#skip();
      setOwn(made, key, this.#value(depth + 1));
      this.#skip();
    } while (this.#took(","));
    this.#demand("}");
    return made;
  }

  #array(depth: number): JsonValue[] {
    const made: JsonValue[] = [];
    this.#at += 1;
    this.#skip();
    if (this.#took("]")) {
      return made;
    }
    do {
      this.#skip();
      made.push(this.#value(depth + 1));
      this.#skip();
    } while (this.#took(","));
    this.#demand("]");
    return made;
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      PLAIN.test(this.text);
      this.#at = PLAIN.lastIndex;
      const next = this.text[this.#at];
      if (next === '"') {
        this.#at += 1;
        break;
      }
      if (next !== "\\") {
        throw this.#unexpected();
      }
      this.#at += 2;
    }
    try {
      return JSON.parse(this.text.slice(start, this.#at)) as string;
    } catch {
      throw new JsonError("a broken text", start);
    }
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.text);
    if (match === null) {
      throw this.#unexpected();
    }
    const [digits, fraction, exponent] = match;
    const value = Number(digits);
    if (!Number.isFinite(value)) {
      throw new JsonError("a number that is too large", this.#at);
    }
    this.#at += digits.length;
    const integer = fraction === undefined && exponent === undefined;
    return integer && !Number.isSafeInteger(value) ? BigInt(digits) : value;
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) {
      throw this.#unexpected();
    }
    this.#at += word.length;
    return value;
  }

  #skip(): void {
    while (" \t\n\r".includes(this.text[this.#at] ?? "x")) {
      this.#at += 1;
    }
  }

  #took(character: string): boolean {
    if (this.text[this.#at] !== character) {
      return false;
    }
    this.#at += 1;
    return true;
  }

  #demand(character: string): void {
    if (!this.#took(character)) {
      throw this.#unexpected();
    }
  }

  #unexpected(): JsonError {
    const found = this.text[this.#at];
    return new JsonError(found === undefined ? "it ends too early" : `unexpected ${JSON.stringify(found)}`, this.#at);
  }
}
