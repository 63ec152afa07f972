/** What carries requests: HTTP by `fetch`, and WebSocket for subscriptions. */

import { ConnectionFailedError } from "./errors.js";

/** What came back over HTTP, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A connection for one subscription. */
export interface Connection {
  /** Send one frame. */
  send(text: string): void;
  /** The next frame; undefined when the other side has closed the connection, in order or not. */
  receive(): Promise<string | undefined>;
  /** Close it. What waits in `receive` gets undefined. */
  close(): void;
}

/** Carries requests to one server. Write your own to go another way, or to see what goes over the wire. */
export interface Transport {
  /** Post a body, and return what comes back. Throws `ConnectionFailedError`, or the reason of the signal. */
  post(path: string, body: string, signal: AbortSignal): Promise<Answer>;
  /** Open a connection. Throws `ConnectionFailedError`, or the reason of the signal. */
  connect(path: string, signal: AbortSignal | undefined): Promise<Connection>;
}

/** The part of a WebSocket that is used, alike in browsers, in Node.js from 22 on, and in the package `ws`. */
interface Socket {
  send(text: string): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

type SocketClass = new (url: string) => Socket;

/** HTTP by the global `fetch`; WebSocket by the global one or, where there is none, by the package `ws`. */
export class FetchTransport implements Transport {
  readonly #url: string;

  /** @param url Where the server is, such as `https://colonies.example:443`. Throws `TypeError` if it is no URL. */
  constructor(url: string) {
    const parsed = new URL(url);
    if (!["http:", "https:"].includes(parsed.protocol)) {
      throw new TypeError(`${JSON.stringify(url)} is no address of a server; it must begin with http:// or https://`);
    }
    this.#url = parsed.href.replace(/\/+$/u, "");
  }

  async post(path: string, body: string, signal: AbortSignal): Promise<Answer> {
    try {
      const answer = await fetch(this.#url + path, { method: "POST", body, signal, redirect: "manual" });
      return { status: answer.status, body: await answer.text() };
    } catch (error) {
      if (signal.aborted) {
        throw signal.reason;
      }
      throw new ConnectionFailedError(`${this.#url} could not be reached, or broke the connection`, "", { cause: error });
    }
  }

  async connect(path: string, signal: AbortSignal | undefined): Promise<Connection> {
    signal?.throwIfAborted();
    const SocketOfHere = await socketClass();
    const connection = new SocketConnection(new SocketOfHere(this.#url.replace(/^http/u, "ws") + path));
    const abort = (): void => {
      connection.close();
    };
    signal?.addEventListener("abort", abort);
    const opened = await connection.opened;
    signal?.removeEventListener("abort", abort);
    signal?.throwIfAborted();
    if (!opened) {
      throw new ConnectionFailedError(`${this.#url}${path} could not be reached`);
    }
    return connection;
  }
}

async function socketClass(): Promise<SocketClass> {
  if (typeof globalThis.WebSocket === "function") {
    return globalThis.WebSocket;
  }
  const { WebSocket } = await import("ws");
  return WebSocket;
}

class SocketConnection implements Connection {
  /** Whether it could be opened. */
  readonly opened: Promise<boolean>;
  readonly #arrived: string[] = [];
  #closed = false;
  #waiting: (() => void) | undefined;

  constructor(private readonly socket: Socket) {
    this.opened = new Promise((resolve) => {
      socket.addEventListener("open", () => {
        resolve(true);
      });
      for (const end of ["close", "error"] as const) {
        socket.addEventListener(end, () => {
          this.#closed = true;
          resolve(false);
          this.#waiting?.();
        });
      }
    });
    socket.addEventListener("message", ({ data }) => {
      this.#arrived.push(typeof data === "string" ? data : String(data));
      this.#waiting?.();
    });
  }

  send(text: string): void {
    this.socket.send(text);
  }

  async receive(): Promise<string | undefined> {
    while (this.#arrived.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#arrived.shift();
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.();
    this.socket.close();
  }
}
