/**
 * A driver for `colonyos-gen conformance`: reads JSON objects, one a line, does what they ask for with this package, and
 * writes what came out, one a line.
 */

import { createInterface } from "node:readline";

import { MESSAGES } from "../messages.js";
import { InvalidKeyError, InvalidSignatureError, PrivateKey, recover } from "./crypto.js";
import { openReply, readReply, seal } from "./envelope.js";
import { InvalidReplyError, InvalidRequestError, RefusedError } from "./errors.js";
import { parseJson, stringifyJson, type JsonObject, type JsonValue } from "./json.js";
import type { Message } from "./method.js";
import { isObject, readGiven, readText } from "./reading.js";
import type { Shape } from "./shape.js";
import { writeBack, writeText } from "./writing.js";

const UNSUPPORTED: JsonObject = { unsupported: true };

/** What comes out of one line. */
async function answer(asked: JsonObject): Promise<JsonObject> {
  switch (text(asked, "op")) {
    case "identity":
      return { identity: PrivateKey.parse(text(asked, "key")).id };
    case "recover":
      return { identity: recover(text(asked, "payload"), text(asked, "signature")) };
    default: {
      const message = MESSAGES.get(text(asked, "message"));
      return message === undefined ? UNSUPPORTED : await answerFor(message, asked);
    }
  }
}

async function answerFor({ request, method }: Message, asked: JsonObject): Promise<JsonObject> {
  const shape: Shape = { kind: "struct", of: request };
  switch (text(asked, "op")) {
    case "read_request":
      return { value: again(shape, readText(shape, text(asked, "text"))) };
    case "write_request":
      return { text: writeText(shape, readGiven(request, text(asked, "text"))) };
    case "sign":
      return { envelope: await seal(text(asked, "message"), text(asked, "text"), PrivateKey.parse(text(asked, "key"))) };
    case "read_reply":
      return method === undefined ? UNSUPPORTED : { value: again(method.reply, readReply(method, text(asked, "text"))) };
    case "read_response": {
      const { status } = asked;
      return method === undefined || typeof status !== "number"
        ? UNSUPPORTED
        : { value: again(method.reply, openReply(method, status, text(asked, "body"))) };
    }
    default:
      return UNSUPPORTED;
  }
}

/** A value that was read, as JSON again. */
function again(shape: Shape | undefined, value: unknown): JsonValue {
  return shape === undefined ? null : parseJson(writeBack(shape, value));
}

function refused(error: unknown): JsonObject {
  if (error instanceof RefusedError) {
    const { code, status, text: message } = error;
    return { error: { kind: "refused", code: code.toUpperCase(), status, message } };
  }
  if (error instanceof InvalidReplyError || error instanceof InvalidRequestError) {
    return { error: { kind: "invalid", ...(error.path === "" ? {} : { path: error.path }) } };
  }
  if (error instanceof InvalidKeyError || error instanceof InvalidSignatureError) {
    return { error: { kind: "invalid" } };
  }
  throw error;
}

function text(asked: JsonObject, key: string): string {
  const value = asked[key];
  if (typeof value !== "string") {
    throw new TypeError(`${key} is not a text`);
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = parseJson(line);
  if (!isObject(asked)) {
    throw new TypeError("a line is not an object");
  }
  const out = await answer(asked).catch(refused);
  process.stdout.write(`${stringifyJson({ id: asked["id"] ?? null, ...out })}\n`);
}
