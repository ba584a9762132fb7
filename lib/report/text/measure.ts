/** How much of a limit one character uses up. Chats count UTF-16 units unless they say bytes. */
export type Measure = (character: string) => number;

export const units: Measure = (character) => character.length;

/** Bytes of UTF-8. */
export const bytes: Measure = (character) => Buffer.byteLength(character);

/** Bytes of a character inside a JSON string, escapes included. */
export const jsonBytes: Measure = (character) =>
  /^[ !#-[\]-~]$/.test(character) ? 1 : Buffer.byteLength(JSON.stringify(character)) - 2;
