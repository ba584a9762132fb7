import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../../lib/config/assemble-config.ts";
import { isObject, parseJson } from "../../lib/domain/json.ts";

/** The standard tier stores up to 4 kB. A longer value becomes an advanced parameter, which has a price. */
const TIER = "Intelligent-Tiering";

/** What happens to one entry of a stage's config. `keep` is for an entry that the file does not contain. */
export interface PlanStep {
  readonly name: string;
  readonly kind: "add" | "change" | "unchanged" | "remove" | "keep";
  /** The JSON text of the entry. Empty for `remove` and `keep`. */
  readonly value: string;
}

/**
 * Plans how a stage's config becomes that of a file. Entries that the file does not contain are kept, or removed with
 * `removeOthers`. White space and the order of keys do not count as a change.
 */
export function planSteps(
  deployed: readonly ConfigEntry[],
  wanted: readonly ConfigEntry[],
  removeOthers: boolean,
): readonly PlanStep[] {
  const deployedValues = new Map(deployed.map(({ name, value }) => [name, value]));
  const wantedNames = new Set(wanted.map(({ name }) => name));
  const steps = wanted.map(({ name, value }): PlanStep => {
    const current = deployedValues.get(name);
    if (current === undefined) return { name, value, kind: "add" };
    return { name, value, kind: canonicalJson(current) === canonicalJson(value) ? "unchanged" : "change" };
  });
  const others = deployed
    .filter(({ name }) => !wantedNames.has(name))
    .map(({ name }): PlanStep => ({ name, value: "", kind: removeOthers ? "remove" : "keep" }));
  return [...steps, ...others];
}

/** Returns the entries that a stage has after the steps. */
export function entriesAfter(
  deployed: readonly ConfigEntry[],
  steps: readonly PlanStep[],
): readonly ConfigEntry[] {
  const keptNames = new Set(steps.filter(({ kind }) => kind === "keep").map(({ name }) => name));
  return [
    ...steps.filter(({ kind }) => kind !== "keep" && kind !== "remove"),
    ...deployed.filter(({ name }) => keptNames.has(name)),
  ].map(({ name, value }) => ({ name, value }));
}

/**
 * Does the steps one after another and reports each one. After an error the done steps remain.
 * @throws errors of AWS.
 */
export async function applySteps(
  client: SSMClient,
  path: string,
  steps: readonly PlanStep[],
  report: (line: string) => void,
): Promise<void> {
  for (const { name, value, kind } of steps) {
    const Name = `${path}/${name}`;
    switch (kind) {
      case "unchanged":
        break;
      case "keep":
        report(`kept     ${name} (not in the file; --prune removes it)`);
        break;
      case "remove":
        await client.send(new DeleteParameterCommand({ Name }));
        report(`removed  ${name}`);
        break;
      case "add":
      case "change":
        await client.send(
          new PutParameterCommand({ Name, Value: value, Type: "SecureString", Overwrite: true, Tier: TIER }),
        );
        report(`${kind === "add" ? "added   " : "changed "} ${name}`);
        break;
      default:
        kind satisfies never;
    }
  }
}

function canonicalJson(text: string): string {
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}
