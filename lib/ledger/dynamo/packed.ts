import { deflateRawSync, inflateRawSync } from "node:zlib";

/** A JSON document as deflated bytes: trees and conclusions repeat themselves a lot. */
export function packJson(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

/** The inverse of `packJson`; what comes out still has to be parsed. */
export function unpackJson(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes).toString());
}
