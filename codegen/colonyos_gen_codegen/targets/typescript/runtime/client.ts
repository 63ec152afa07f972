/** The client: every call of the protocol, checked, signed and sent. */

import { Calls } from "../calls/index.js";
import { API_PATH, PUBSUB_PATH, ROLE_KEYS } from "../protocol.js";
import type { Signer } from "./crypto.js";
import { openReply, seal } from "./envelope.js";
import { CallTimeoutError, ConnectionFailedError, HazardousRequestError, MissingKeyError } from "./errors.js";
import { parseJson, type JsonValue } from "./json.js";
import type { AnyMethod, CallOptions, Keys, Method } from "./method.js";
import { isObject, type Notes } from "./reading.js";
import { FetchTransport, type Transport } from "./transport.js";

const TIMEOUT_MS = 60_000;
/** How much earlier than asked for a server may end a subscription at its timeout. */
const EARLY_MS = 1_500;

/** What a client is made with. */
export interface ClientOptions extends Partial<Notes> {
  /** Where the server is, such as `http://localhost:50080`, or what carries requests to it. */
  readonly server: string | Transport;
  /** The keys that it signs with. */
  readonly keys?: Keys;
  /** Milliseconds that a call may take besides what the server is asked to wait, 60,000 unless given. */
  readonly timeoutMs?: number;
}

/**
 * Every call of the protocol.
 *
 * Calls are made once: what may be sent again after a broken connection says `idempotency` of each method.
 */
export class Client extends Calls {
  readonly #transport: Transport;
  readonly #keys: Keys;
  readonly #timeoutMs: number;
  readonly #notes: Notes | undefined;

  constructor({ server, keys = {}, timeoutMs = TIMEOUT_MS, drift }: ClientOptions) {
    super();
    this.#transport = typeof server === "string" ? new FetchTransport(server) : server;
    this.#keys = keys;
    this.#timeoutMs = timeoutMs;
    this.#notes = drift === undefined ? undefined : { drift };
  }

  protected override async send<Init, Reply>(
    method: Method<Init, Reply>,
    request: Init,
    options: CallOptions,
  ): Promise<Reply> {
    const { body, seconds } = await this.#sealed(method, request, options);
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs + Math.max(0, seconds(method.waits)) * 1000;
    const late = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
    let answer;
    try {
      answer = await this.#transport.post(API_PATH, body, signal);
    } catch (error) {
      if (late.aborted && options.signal?.aborted !== true) {
        throw new CallTimeoutError(`no reply within ${String(timeoutMs)} ms`, method.name, { cause: error });
      }
      throw error;
    }
    return openReply(method, answer.status, answer.body, this.#notes) as Reply;
  }

  protected override async *watch<Init, Reply>(
    method: Method<Init, Reply>,
    request: Init,
    options: CallOptions,
  ): AsyncGenerator<Reply, void, undefined> {
    const { signal } = options;
    const { body, seconds } = await this.#sealed(method, request, options);
    const connection = await this.#transport.connect(PUBSUB_PATH, signal);
    const abort = (): void => {
      connection.close();
    };
    signal?.addEventListener("abort", abort);
    try {
      const until = Date.now() + seconds("timeout") * 1000 - EARLY_MS;
      connection.send(body);
      for (;;) {
        const frame = await connection.receive();
        signal?.throwIfAborted();
        if (frame === undefined) {
          // The server ends a subscription by dropping the connection.
          if (Date.now() < until) {
            throw new ConnectionFailedError("the connection broke before the subscription was over", method.name);
          }
          return;
        }
        // Frames have no status; that of a refusal is in its payload.
        const reply = openReply(method, 200, frame, this.#notes) as Reply;
        if (Array.isArray(reply) && reply.length === 0) {
          return; // an empty list marks the timeout
        }
        yield reply;
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      connection.close();
    }
  }

  /** The signed request, and the seconds in a field of it. */
  async #sealed<Init>(
    method: Method<Init, unknown>,
    request: Init,
    options: CallOptions,
  ): Promise<{ body: string; seconds: (key: string | undefined) => number }> {
    const payload = method.request.stringify(request);
    const fields = parseJson(payload);
    if (options.hazardous !== true) {
      requireHarmless(method, fields);
    }
    const body = await seal(method.msgtype, payload, options.key ?? this.#signer(method));
    const seconds = (key: string | undefined): number => {
      const value = key === undefined || !isObject(fields) ? 0 : fields[key];
      return typeof value === "number" ? value : 0;
    };
    return { body, seconds };
  }

  #signer(method: AnyMethod): Signer | undefined {
    const names = method.roles.map((role) => ROLE_KEYS[role]);
    for (const name of names) {
      if (name === "none") {
        return undefined;
      }
      const key = this.#keys[name];
      if (key !== undefined) {
        return key;
      }
    }
    const wanted = [...new Set(names)].join(" or ");
    throw new MissingKeyError(`it takes a key for: ${wanted}; give one in \`keys\` of the client, or as \`key\``, method.name);
  }
}

function requireHarmless(method: AnyMethod, request: JsonValue): void {
  for (const { path, values, name, what } of method.confirmed) {
    let value: JsonValue = request;
    for (const step of path) {
      value = isObject(value) ? (value[step] ?? null) : null;
    }
    if (path.length === 0 || values.length === 0 || values.includes(value)) {
      throw new HazardousRequestError(`${name}: ${what} Say \`hazardous: true\` to send it all the same.`, method.name);
    }
  }
}
