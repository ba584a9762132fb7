import type { RequestError } from "../lib/api/problem.ts";
import type { Sent } from "./errors.ts";

/** A URL that somebody can post to is a secret. */
const UNTOLD: ReadonlySet<string> = new Set(["callbackUrl"]);
const LONGEST = 80;

/** One fault with the value that it is about, as it was typed: a pointer into a body that nobody saw says little. */
export function faultLine({ pointer, parameter, detail }: RequestError, { body, query }: Sent): string {
  const path = pointer === undefined ? [] : stepsOf(pointer);
  const value = parameter === undefined ? valueAt(body, path) : query?.get(parameter);
  const told = !UNTOLD.has(parameter ?? path.at(-1) ?? "") && ["string", "number"].includes(typeof value);
  const place = pointer ?? parameter ?? "";
  return (told ? `'${cut(String(value))}' (${place}) ${detail}` : `${place} ${detail}`).trim();
}

/** The steps of a JSON pointer that is a URI fragment (RFC 6901, section 6). */
function stepsOf(pointer: string): string[] {
  try {
    const steps = decodeURIComponent(pointer.replace(/^#/, "")).split("/").slice(1);
    return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return [];
  }
}

function valueAt(body: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (at, step) => (isObject(at) && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined),
    isObject(body) ? body : undefined,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
