import type { ConfigEntry } from "../../lib/config/assemble-config.ts";
import { assembleConfig } from "../../lib/config/assemble-config.ts";
import { type Config, parseConfig } from "../../lib/config/config.ts";

/** What a stage's config consists of. */
export interface Deployed {
  readonly entries: readonly ConfigEntry[];
}

/** What has to be done to an entry so that a stage has what a file says. */
export interface Step {
  readonly name: string;
  readonly kind: "add" | "change" | "keep" | "remove" | "leave";
  /** The entry's JSON text; empty for one that the file does not hold. */
  readonly value: string;
}

/** Whether entries make a config the functions would take: the config, or every fault. */
export function judgeEntries(
  entries: readonly ConfigEntry[],
): Config | { readonly faults: readonly string[] } {
  const assembled = assembleConfig(entries);
  if (assembled.kind === "faults") return assembled;
  const parsed = parseConfig(assembled.document);
  return parsed.kind === "faults" ? parsed : parsed.config;
}

/**
 * Plans how a stage comes to what a file says. Entries the file does not hold are left, or removed with `prune`.
 * JSON that differs only in white space or order of keys is the same.
 */
export function planSteps(
  deployed: readonly ConfigEntry[],
  wanted: readonly ConfigEntry[],
  prune: boolean,
): readonly Step[] {
  const there = new Map(deployed.map(({ name, value }) => [name, value]));
  const steps = wanted.map(({ name, value }): Step => {
    const found = there.get(name);
    if (found === undefined) return { name, value, kind: "add" };
    return { name, value, kind: canonical(found) === canonical(value) ? "keep" : "change" };
  });
  const held = new Set(wanted.map(({ name }) => name));
  const others = deployed.filter(({ name }) => !held.has(name));
  return [
    ...steps,
    ...others.map(({ name }): Step => ({ name, value: "", kind: prune ? "remove" : "leave" })),
  ];
}

/** The entries a stage has once the steps are done. */
export function afterSteps(deployed: readonly ConfigEntry[], steps: readonly Step[]): readonly ConfigEntry[] {
  const left = new Set(steps.filter(({ kind }) => kind === "leave").map(({ name }) => name));
  return [
    ...steps.filter(({ kind }) => kind !== "leave" && kind !== "remove"),
    ...deployed.filter(({ name }) => left.has(name)),
  ].map(({ name, value }) => ({ name, value }));
}

function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
