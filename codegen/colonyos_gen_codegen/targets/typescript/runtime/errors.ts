/** Everything that can go wrong with a call. */

import type { ErrorCode } from "../protocol.js";

/** What every error of this package is. */
export class ColoniesError extends Error {
  override readonly name: string = "ColoniesError";

  constructor(
    message: string,
    /** Name of the call, empty outside of calls. */
    readonly method: string = "",
    options?: ErrorOptions,
  ) {
    super(method === "" ? message : `${method}: ${message}`, options);
  }
}

/** The server, or what stands before it, refused the call. `code` says what that means, `status` does not. */
export class RefusedError extends ColoniesError {
  override readonly name = "RefusedError";

  constructor(
    method: string,
    readonly code: ErrorCode,
    /** HTTP status. */
    readonly status: number,
    /** The words of the server. */
    readonly text: string,
    /** Name of the error in the schema; undefined for words that it does not have. */
    readonly error?: string,
  ) {
    super(`${text} (${code}, status ${String(status)})`, method);
  }
}

/** The request breaks a rule of the schema and was not sent. */
export class InvalidRequestError extends ColoniesError {
  override readonly name = "InvalidRequestError";
  readonly code = "invalid";

  constructor(
    /** Where, such as `$.spec.priority`. */
    readonly path: string,
    /** What it must be. */
    readonly rule: string,
    shown: string,
  ) {
    super(`${path} is ${shown}; it must be ${rule}`);
  }
}

/** A client sends such a request only to a caller who says that he accepts what it may do. */
export class HazardousRequestError extends ColoniesError {
  override readonly name = "HazardousRequestError";
}

/** The reply is not what the schema says: not JSON, cut short, or of another type. */
export class InvalidReplyError extends ColoniesError {
  override readonly name = "InvalidReplyError";

  constructor(
    message: string,
    /** Where in the payload, such as `$.spec.priority`; empty if it is not about a place in it. */
    readonly path = "",
    method = "",
    options?: ErrorOptions,
  ) {
    super(message, method, options);
  }
}

/** The server could not be reached, or the connection broke. The request may have been carried out. */
export class ConnectionFailedError extends ColoniesError {
  override readonly name = "ConnectionFailedError";
}

/** No complete reply in time. Unless the call only reads, it may have been carried out. */
export class CallTimeoutError extends ColoniesError {
  override readonly name = "CallTimeoutError";
}

/** The client holds no key that may sign this call; nothing was sent. */
export class MissingKeyError extends ColoniesError {
  override readonly name = "MissingKeyError";
}
