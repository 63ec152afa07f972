/** What the generated modules are made of. */

export type { Signer } from "./crypto.js";
export type { Instant } from "./instant.js";
export type { JsonValue } from "./json.js";
export type { CallOptions, ErrorCase, Message, Method } from "./method.js";
export { Caller } from "./method.js";
export type { Limit } from "./shape.js";
export { openEnum, Struct } from "./shape.js";
