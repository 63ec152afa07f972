/**
 * Signed request envelopes, and what the body of a reply says.
 *
 * Bodies are read defensively, since servers and what stands before them answer in more ways than one: empty bodies, two
 * envelopes in one body, errors under status 200, HTML of a proxy.
 */

import { ENVELOPE_ERRORS, ERROR_PAYLOADTYPE, type ErrorCode } from "../protocol.js";
import { fromBase64, fromUtf8, toBase64, toUtf8 } from "./bytes.js";
import type { Signer } from "./crypto.js";
import { ColoniesError, InvalidReplyError, RefusedError } from "./errors.js";
import { type JsonValue, parseFirstJson, stringifyJson } from "./json.js";
import type { AnyMethod, ErrorCase } from "./method.js";
import { isObject, type Notes, readText } from "./reading.js";

/** What a status means where the schema does not know the text. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  403: "denied",
  404: "not_found",
  409: "conflict",
  429: "rate_limited",
};
const patterns = new Map<string, RegExp>();

/** The body of a request. Without a signer the signature stays empty. */
export async function seal(msgtype: string, payload: string, signer: Signer | undefined): Promise<string> {
  const encoded = toBase64(toUtf8(payload));
  const signature = signer === undefined ? "" : await signer.sign(encoded);
  return stringifyJson({ payloadtype: msgtype, payload: encoded, signature });
}

/**
 * The reply in a body.
 *
 * @throws {RefusedError} The server, or a proxy with a status from 500 on, refused the call.
 * @throws {InvalidReplyError} The body is not a reply of this method.
 */
export function openReply(method: AnyMethod, status: number, body: string, notes?: Notes): unknown {
  if (body === "") {
    throw empty(method, status);
  }
  const envelope = readEnvelope(method, status, body);
  if (envelope.error) {
    throw failure(method, status, envelope.payload);
  }
  if (status !== 200) {
    throw new InvalidReplyError(`a reply without the error flag came under status ${String(status)}`, "", method.name);
  }
  if (envelope.payloadtype !== method.payloadtype) {
    const told = `the reply is a ${JSON.stringify(envelope.payloadtype)}; expected ${JSON.stringify(method.payloadtype)}`;
    throw new InvalidReplyError(told, "", method.name);
  }
  return readReply(method, envelope.payload, notes);
}

/** The value in the payload of a reply. Throws `RefusedError` for a failure in disguise, and `InvalidReplyError`. */
export function readReply(method: AnyMethod, payload: string, notes?: Notes): unknown {
  const isNull = payload.trim() === "null";
  if (isNull && method.whenNull !== undefined) {
    throw new RefusedError(method.name, method.whenNull, 200, "the server answered null: it refused the data");
  }
  if (method.reply === undefined) {
    return undefined;
  }
  if (isNull && method.goNull === true) {
    return method.reply.kind === "map" ? {} : [];
  }
  try {
    return readText(method.reply, payload, notes);
  } catch (error) {
    if (error instanceof InvalidReplyError) {
      throw new InvalidReplyError(`the reply does not fit the schema: ${error.message}`, error.path, method.name);
    }
    throw error;
  }
}

/** The error of the schema that a refusal is, the most telling one first. */
export function findError(method: AnyMethod, status: number, text: string): ErrorCase | undefined {
  const matching = [...method.errors, ...ENVELOPE_ERRORS].filter(
    (error) => error.status === status && patternOf(error.text).test(text),
  );
  return matching.reduce<ErrorCase | undefined>(
    (best, error) => (best === undefined || placeholders(error) < placeholders(best) ? error : best),
    undefined,
  );
}

/** How little a text tells: a bare placeholder fits anything. */
function placeholders({ text }: ErrorCase): number {
  return /^\{\w+\}$/u.test(text) ? Number.POSITIVE_INFINITY : text.split("{").length;
}

function patternOf(text: string): RegExp {
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    const source = text.split(/\{\w+\}/u).map((part) => part.replace(/[$()*+.?[\\\]^{|}/]/gu, "\\$&"));
    pattern = new RegExp(`^${source.join("[^]*")}$`, "u");
    patterns.set(text, pattern);
  }
  return pattern;
}

interface Envelope {
  readonly payloadtype: string;
  readonly payload: string;
  readonly error: boolean;
}

function readEnvelope(method: AnyMethod, status: number, body: string): Envelope {
  let value: JsonValue;
  try {
    value = parseFirstJson(body); // some failures write two envelopes back to back, and the first one counts
  } catch (error) {
    throw noEnvelope(method, status, body, error);
  }
  if (isObject(value)) {
    const { payloadtype = "", payload = "", error = false } = value;
    const bytes = typeof payload === "string" ? fromBase64(payload) : undefined;
    if (typeof payloadtype === "string" && typeof error === "boolean" && bytes !== undefined) {
      try {
        return { payloadtype, payload: fromUtf8(bytes), error };
      } catch (cause) {
        throw noEnvelope(method, status, body, cause);
      }
    }
  }
  throw noEnvelope(method, status, body, undefined);
}

function empty(method: AnyMethod, status: number): ColoniesError {
  if (status === 200 && method.whenEmpty !== undefined) {
    return new RefusedError(method.name, method.whenEmpty, status, "the server answered with an empty body");
  }
  if (status >= 500) {
    return new RefusedError(method.name, "server_fault", status, "the server failed and sent an empty body");
  }
  return new InvalidReplyError(`an empty body under status ${String(status)}`, "", method.name);
}

function noEnvelope(method: AnyMethod, status: number, body: string, cause: unknown): ColoniesError {
  const start = JSON.stringify(body.slice(0, 120));
  if (status >= 500) {
    return new RefusedError(method.name, "server_fault", status, `no ColonyOS reply but ${start}`);
  }
  const told = `not a ColonyOS reply, under status ${String(status)}: ${start}; is a server behind this address?`;
  return new InvalidReplyError(told, "", method.name, { cause });
}

function failure(method: AnyMethod, httpStatus: number, payload: string): ColoniesError {
  let value: JsonValue;
  try {
    value = parseFirstJson(payload);
  } catch (cause) {
    return new InvalidReplyError(`an ${ERROR_PAYLOADTYPE} reply that cannot be read`, "", method.name, { cause });
  }
  const { status = 0, message = "" } = isObject(value) ? value : { status: null };
  if (typeof status !== "number" || typeof message !== "string") {
    return new InvalidReplyError(`an ${ERROR_PAYLOADTYPE} reply that cannot be read`, "", method.name);
  }
  const told = status === 0 ? httpStatus : status;
  const known = findError(method, told, message);
  const code = known?.code ?? CODE_BY_STATUS[told] ?? (told >= 500 ? "server_fault" : "invalid");
  return new RefusedError(method.name, code, told, message, known?.name);
}
