/** Points in time, to the nanosecond, as the server writes them; `Date` has milliseconds only. */

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/u;
const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;

/** A point in time. It has what `Temporal.Instant` has, as far as it goes, and can be replaced by it one day. */
export class Instant {
  private constructor(
    /** Nanoseconds since 1970, negative before. */
    readonly epochNanoseconds: bigint,
  ) {}

  /**
   * Read RFC 3339, such as `2026-11-23T18:50:10.000328582+01:00`. Digits beyond nanoseconds are dropped.
   *
   * @throws {RangeError} It is not that, or there is no such day or time.
   */
  static from(text: string): Instant {
    const parsed = parse(text);
    if (parsed === undefined) {
      throw new RangeError(`${JSON.stringify(text)} is no time; it must be RFC 3339, such as 2026-11-23T18:50:10Z`);
    }
    return new Instant(parsed);
  }

  /** Of nanoseconds since 1970. */
  static fromEpochNanoseconds(nanoseconds: bigint): Instant {
    return new Instant(nanoseconds);
  }

  /** Of a `Date`. Throws `RangeError` for an invalid one. */
  static fromDate(date: Date): Instant {
    return new Instant(BigInt(date.getTime()) * MILLISECOND);
  }

  /** Negative if `a` is earlier than `b`, 0 if they are the same, positive if it is later. */
  static compare(a: Instant, b: Instant): number {
    return a.epochNanoseconds < b.epochNanoseconds ? -1 : Number(a.epochNanoseconds > b.epochNanoseconds);
  }

  /** Milliseconds since 1970, rounded down. */
  get epochMilliseconds(): number {
    return Number(floorDivide(this.epochNanoseconds, MILLISECOND));
  }

  /** The same as a `Date`, without what is below milliseconds. */
  toDate(): Date {
    return new Date(this.epochMilliseconds);
  }

  /** RFC 3339 in UTC, with as many digits of a second as it takes. */
  toString(): string {
    const seconds = floorDivide(this.epochNanoseconds, SECOND);
    const nanoseconds = this.epochNanoseconds - seconds * SECOND;
    const day = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
    const digits = nanoseconds.toString().padStart(9, "0").replace(/0+$/u, "");
    return `${day}${digits === "" ? "" : `.${digits}`}Z`;
  }

  /** What `JSON.stringify` writes. */
  toJSON(): string {
    return this.toString();
  }
}

/** What a time on the wire means: undefined where Go's zero time stands for none. Throws `RangeError`. */
export function instantOnWire(text: string): Instant | undefined {
  const instant = Instant.from(text);
  return Number(text.slice(0, 4)) <= 1 ? undefined : instant;
}

function parse(text: string): bigint | undefined {
  const match = FORM.exec(text);
  if (match === null) {
    return undefined;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const zone = match[8] ?? "Z";
  const offset = zone === "Z" ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  if (!real || hour > 23 || minute > 59 || second > 59 || offset >= 24 * 60 || Number(zone.slice(4)) > 59) {
    return undefined;
  }
  const minutes = hour * 60 + minute - (zone.startsWith("-") ? -offset : offset);
  const fraction = (match[7] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(date.getTime()) * MILLISECOND + BigInt(minutes * 60 + second) * SECOND + BigInt(fraction);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
