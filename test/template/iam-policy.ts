import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { matchesPattern } from "../../local/iam/conditions.ts";
import { ROOT } from "./own-template.ts";

const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Policy = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.array(
    z.strictObject({
      Sid: z.string(),
      Effect: z.literal("Allow"),
      Action: OneOrMore,
      Resource: OneOrMore,
      Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    }),
  ),
});
export type IamPolicy = z.infer<typeof Policy>;

/** An action on a resource. The context contains the condition keys that the request has. */
export interface NeededAction {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Reads a policy of deploy/iam for one stage. The text `STAGE` in a policy stands for the name of the stage. */
export async function readIamPolicy(name: string, stage: string): Promise<IamPolicy> {
  const text = await readFile(join(ROOT, `deploy/iam/${name}.json`), "utf8");
  return Policy.parse(JSON.parse(text.replaceAll("STAGE", stage)));
}

/** Returns true if a policy allows an action. A condition is met if its pattern matches the value in the context. */
export function isAllowed(
  { Statement }: IamPolicy,
  { action, resource, context = {} }: NeededAction,
): boolean {
  return Statement.some(
    (statement) =>
      statement.Action.includes(action) &&
      statement.Resource.some((pattern) => matchesPattern(pattern, resource)) &&
      Object.values(statement.Condition ?? {})
        .flatMap((keys) => Object.entries(keys))
        .every(([key, pattern]) => matchesPattern(pattern, context[key] ?? "")),
  );
}

/** Returns the actions that a policy allows and that nothing needs. */
export function findUnneeded({ Statement }: IamPolicy, needed: readonly NeededAction[]): readonly string[] {
  const actions = new Set(needed.map(({ action }) => action));
  return Statement.flatMap(({ Action }) => Action).filter((action) => !actions.has(action));
}
