/**
 * How much of a limit a text uses up: what its characters use up together, and none of them uses up nothing. Chats count
 * UTF-16 units unless they say bytes.
 */
export type Measure = (text: string) => number;

export const units: Measure = (text) => text.length;

/** Bytes of UTF-8. */
export const bytes: Measure = (text) => Buffer.byteLength(text);

const STANDS_FOR_ITSELF = /^[ !#-[\]-~]*$/;

/** Bytes inside a JSON string, escapes included. */
export const jsonBytes: Measure = (text) =>
  STANDS_FOR_ITSELF.test(text) ? text.length : Buffer.byteLength(JSON.stringify(text)) - 2;
