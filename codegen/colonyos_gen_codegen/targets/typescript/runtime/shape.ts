/** How values look on the wire, as data: what reads, writes and checks them goes by it. */

import type { JsonValue } from "./json.js";
import type { Notes } from "./reading.js";
import { readText } from "./reading.js";
import { writeText } from "./writing.js";

/** What a value that is sent must satisfy; `rule` says it in words, as they complete "must be ...". */
export interface Limit {
  readonly rule: string;
  readonly pattern?: RegExp;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly excluded?: readonly (number | bigint)[];
  readonly maxBytes?: number;
}

/** A value without inner structure. */
export interface Leaf {
  readonly kind: "text" | "integer" | "int64" | "number" | "boolean" | "time" | "bytes" | "any";
  readonly limit?: Limit;
}

/** A named integer; values without a name are kept. */
export interface EnumOf {
  readonly kind: "enum";
  readonly of: { readonly name: string; isKnown(value: number): boolean };
  readonly limit?: Limit;
}

/** A list. */
export interface ListOf {
  readonly kind: "list";
  readonly item: Shape;
}

/** An object with any keys. */
export interface MapOf {
  readonly kind: "map";
  readonly item: Shape;
  readonly key?: Limit;
}

/** An object with known keys; an optional one may be null. */
export interface StructOf {
  readonly kind: "struct";
  readonly of: AnyStruct;
  readonly optional?: boolean;
}

export type Shape = Leaf | EnumOf | ListOf | MapOf | StructOf;

/** One key of an object. */
export interface Field {
  readonly wire: string;
  readonly shape: Shape;
  readonly required?: boolean;
  /** What stands for an absent key, as JSON. */
  readonly default?: JsonValue;
  /** Whether the server may write null for an empty value. */
  readonly goNull?: boolean;
  /** Whether the value must never be shown. */
  readonly secret?: boolean;
  /** Limits on keys of the object in this field, that hold here only. */
  readonly refine?: Readonly<Record<string, Limit>>;
  /** Of a text: what it is the JSON of. */
  readonly json?: AnyStruct;
  /** Of a list: paths to texts in its elements, each with the key of which some element must have that text. */
  readonly among?: readonly (readonly [path: readonly string[], wire: string])[];
}

/** What reading and writing needs to know of any object. */
export interface AnyStruct {
  readonly name: string;
  readonly fields: readonly Field[];
  /** The constant `msgtype` that the object carries, if any. */
  readonly msgtype: string | undefined;
}

/** An object with known keys: `T` as it is read, with everything there, and `Init` as it may be written. */
export class Struct<T, Init> implements AnyStruct {
  readonly #make: () => readonly Field[];
  #fields: readonly Field[] | undefined;
  readonly msgtype: string | undefined;

  constructor(
    readonly name: string,
    make: () => readonly Field[],
    msgtype?: string,
  ) {
    this.msgtype = msgtype;
    this.#make = make; // later, as types may hold each other
  }

  get fields(): readonly Field[] {
    this.#fields ??= this.#make();
    return this.#fields;
  }

  /** Read the JSON of one. Throws `InvalidReplyError` if it is not what the schema says. */
  parse(text: string, notes?: Notes): T {
    return readText({ kind: "struct", of: this }, text, notes) as T;
  }

  /** Write one as JSON, with the defaults of what is left out. Throws `InvalidRequestError` if it breaks a rule. */
  stringify(value: Init): string {
    return writeText({ kind: "struct", of: this }, value);
  }

  /** One with the defaults of what is left out. Throws `InvalidRequestError` if it breaks a rule. */
  create(value: Init): T {
    return this.parse(this.stringify(value));
  }
}

/** Named integers, with what can be asked about them. */
export type OpenEnum<Members extends Readonly<Record<string, number>>> = Members & {
  readonly name: string;
  /** Whether the schema has a name for a value; a newer server may send others. */
  isKnown(value: number): value is Members[keyof Members];
  /** The name of a value, `UNKNOWN_7` for one that has none. */
  nameOf(value: number): string;
  /** Whether no other state follows this one; false for values without a name. */
  isFinal(value: number): boolean;
};

/** Make an enum of its members, and the names of those that no other state follows. */
export function openEnum<const Members extends Readonly<Record<string, number>>>(
  name: string,
  members: Members,
  final: readonly (keyof Members)[] = [],
): OpenEnum<Members> {
  const names = new Map(Object.entries(members).map(([member, value]) => [value, member]));
  const ends = new Set(final.map((member) => members[member] as number));
  return {
    ...members,
    name,
    isKnown: (value: number): value is Members[keyof Members] => names.has(value),
    nameOf: (value) => names.get(value) ?? `UNKNOWN_${String(value)}`,
    isFinal: (value) => ends.has(value),
  };
}
