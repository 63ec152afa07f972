/** How a message is described, and what the generated calls need in order to send it. */

import type { ErrorCode, KeyName, Role } from "../protocol.js";
import type { PrivateKey, Signer } from "./crypto.js";
import type { Shape, Struct } from "./shape.js";

/** One way in which the server refuses a message; `text` has its words, with `{placeholders}`. */
export interface ErrorCase {
  readonly name: string;
  readonly code: ErrorCode;
  readonly status: number;
  readonly text: string;
}

/** That some contents of a request can do harm, and that a caller has to ask for it in so many words. */
export interface Confirmed {
  readonly name: string;
  /** Keys from the request to the value. */
  readonly path: readonly string[];
  /** Values that make it hazardous; none for every value. */
  readonly values: readonly unknown[];
  readonly what: string;
}

/** Everything that a client must know about one message. */
export interface Method<Init, Reply> {
  /** Name of its first call in the schema. */
  readonly name: string;
  readonly msgtype: string;
  readonly request: Struct<unknown, Init>;
  /** Of a successful reply; undefined for calls without a result. */
  readonly reply: Shape | undefined;
  /** Only for the type of a reply. */
  readonly replies?: Reply;
  /** Whether null stands for an empty list. */
  readonly goNull?: boolean;
  readonly transport: "http" | "websocket";
  readonly roles: readonly Role[];
  readonly idempotency: "read" | "idempotent" | "unsafe";
  /** Key of the request that, when true or not empty, makes an otherwise idempotent message unsafe. */
  readonly unsafeWhen?: string;
  /** Key of the request with the seconds for which the server may hold back its reply. */
  readonly waits?: string;
  /** What a reply of JSON null means, where it is a failure in disguise. */
  readonly whenNull?: ErrorCode;
  /** What an empty body under status 200 means, where the server answers so. */
  readonly whenEmpty?: ErrorCode;
  /** The payload type of a successful reply. */
  readonly payloadtype: string;
  readonly errors: readonly ErrorCase[];
  readonly confirmed: readonly Confirmed[];
}

/** A message with its types left open. */
export type AnyMethod = Method<never, unknown>;

/** What a message of the schema is; one that the server knows by name only has no method. */
export interface Message {
  readonly request: Struct<unknown, never>;
  readonly method?: AnyMethod;
}

/** How one call is made, where it is not as the client makes all of them. */
export interface CallOptions {
  /** Gives up when it is aborted; the call fails with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Who signs, instead of the client's own key. */
  readonly key?: PrivateKey | Signer | undefined;
  /** Milliseconds that the whole call may take, instead of what the client allows; not for subscriptions. */
  readonly timeoutMs?: number | undefined;
  /** That the caller accepts a hazard with which a request is refused otherwise. */
  readonly hazardous?: boolean | undefined;
}

/** The keys of a client, by what they play. */
export type Keys = Partial<Readonly<Record<Exclude<KeyName, "none">, PrivateKey | Signer>>>;

/** What the generated calls are made on. */
export abstract class Caller {
  /** Check, sign and send a request, and return its decoded reply. */
  protected abstract send<Init, Reply>(method: Method<Init, Reply>, request: Init, options: CallOptions): Promise<Reply>;

  /** Check, sign and send a subscription, and return what arrives. */
  protected abstract watch<Init, Reply>(
    method: Method<Init, Reply>,
    request: Init,
    options: CallOptions,
  ): AsyncGenerator<Reply, void, undefined>;
}
