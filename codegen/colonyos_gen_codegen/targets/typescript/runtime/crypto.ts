/** Keys, identities and signatures: secp256k1 over SHA3-256, with the public key recoverable from the signature. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha3_256 } from "@noble/hashes/sha3.js";

import { fromHex, toHex, toUtf8 } from "./bytes.js";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 65;

/** Something that holds a private key and signs with it, here or elsewhere. */
export interface Signer {
  /** The identity: 64 hexadecimal characters. */
  readonly id: string;
  /** The signature over the SHA3-256 hash of a text, as 130 hexadecimal characters: r, s and the recovery id. */
  sign(text: string): string | Promise<string>;
}

/** The text is not a private key. It is never quoted: it may be a real key with a slip in it. */
export class InvalidKeyError extends Error {
  override readonly name = "InvalidKeyError";
}

/** The text is not a signature that a ColonyOS server accepts. */
export class InvalidSignatureError extends Error {
  override readonly name = "InvalidSignatureError";
}

/** A private key. What it holds comes out of `hex()` only. */
export class PrivateKey implements Signer {
  readonly #secret: Uint8Array;
  readonly id: string;

  private constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.id = identityOf(secp256k1.getPublicKey(secret, false));
  }

  /**
   * Read a private key from its 64 hexadecimal characters, in either case.
   *
   * @throws {InvalidKeyError} It is not that, is zero, or is not below the order of the curve.
   */
  static parse(hex: string): PrivateKey {
    const secret = fromHex(hex);
    if (secret?.length !== KEY_BYTES) {
      throw new InvalidKeyError(`a private key is ${String(2 * KEY_BYTES)} hexadecimal characters; this text is not`);
    }
    if (!secp256k1.utils.isValidSecretKey(secret)) {
      throw new InvalidKeyError("a private key is above zero and below the order of secp256k1; this one is not");
    }
    return new PrivateKey(secret);
  }

  /** Make a new key from the system's random source. */
  static generate(): PrivateKey {
    return new PrivateKey(secp256k1.utils.randomSecretKey());
  }

  sign(text: string): string {
    const signature = secp256k1.sign(hash(text), this.#secret, { prehash: false, format: "recovered" });
    return toHex(signature.subarray(1)) + toHex(signature.subarray(0, 1)); // there the recovery id comes first
  }

  /** The key itself. */
  hex(): string {
    return toHex(this.#secret);
  }

  toString(): string {
    return `PrivateKey of ${this.id}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * Whose signature this is: the identity whose key made it over `text`, in whatever case it is written.
 *
 * @throws {InvalidSignatureError} No server accepts it for any identity.
 */
export function recover(text: string, signature: string): string {
  const bytes = fromHex(signature);
  if (bytes?.length !== SIGNATURE_BYTES) {
    throw new InvalidSignatureError(`a signature is ${String(2 * SIGNATURE_BYTES)} hexadecimal characters`);
  }
  // The server takes 4 to 7 for 0 to 3.
  const recovery = bytes[SIGNATURE_BYTES - 1] ?? 0;
  if (recovery > 7) {
    throw new InvalidSignatureError(`the recovery id of a signature is from 0 to 7, this one is ${String(recovery)}`);
  }
  const recovered = new Uint8Array(SIGNATURE_BYTES);
  recovered[0] = recovery % 4;
  recovered.set(bytes.subarray(0, SIGNATURE_BYTES - 1), 1);
  try {
    const parsed = secp256k1.Signature.fromBytes(recovered, "recovered");
    if (parsed.hasHighS()) {
      throw new InvalidSignatureError("the s of a signature is at most half the order of the curve, this one is above");
    }
    return identityOf(parsed.recoverPublicKey(hash(text)).toBytes(false));
  } catch (error) {
    if (error instanceof InvalidSignatureError) {
      throw error;
    }
    throw new InvalidSignatureError("no public key can be recovered from the signature", { cause: error });
  }
}

function identityOf(publicKey: Uint8Array): string {
  return toHex(sha3_256(toUtf8(toHex(publicKey))));
}

function hash(text: string): Uint8Array {
  return sha3_256(toUtf8(text));
}
