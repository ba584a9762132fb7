import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { readEmittedMetrics } from "./emitted-metrics.ts";
import { FREE_VALUES } from "./free-values.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { compileOwnTemplate, type OwnTemplate, withResources } from "./own-template.ts";
import { findTemplateFaults } from "./template-check.ts";

const USAGE = `Changes each value of the compiled template, one at a time, and checks that a rule finds the change.

  npm run mutate:template [-- RESOURCES]   RESOURCES is a regular expression for logical IDs

Exit status: 0, 1 if a change is not found and has no entry in test/template/free-values.ts, or if an entry has become
superfluous, 2 for wrong use.
`;
const only = readScriptArguments(
  USAGE,
  { allowPositionals: true },
  ({ positionals: [pattern = ".", ...more] }) => {
    if (more.length > 0) throw new UsageError("give at most one regular expression");
    try {
      new RegExp(pattern);
    } catch {
      throw new UsageError(`'${pattern}' is not a regular expression`);
    }
    return pattern;
  },
);
const own = await compileOwnTemplate();
const emitted = await readEmittedMetrics();
const faults = findTemplateFaults(own, emitted);
if (faults.length > 0) throw new Error(`the template itself has faults:\n${faults.join("\n")}`);

const startedAt = performance.now();
const used = new Set<RegExp>();
const survivors: string[] = [];
let tried = 0;
for (const mutant of mutantsOf(own.written)) {
  if (!new RegExp(only).test(mutant.resource)) continue;
  tried += 1;
  if (isFound(own, mutant)) continue;
  const line = `${mutant.resource} ${mutant.path}: ${JSON.stringify(mutant.became) ?? "undefined"}`;
  const free = FREE_VALUES.filter(({ pattern }) => pattern.test(line));
  for (const { pattern } of free) used.add(pattern);
  if (free.length === 0) survivors.push(`${line} (was ${JSON.stringify(mutant.was)})`);
}
const superfluous = only === "." ? FREE_VALUES.filter(({ pattern }) => !used.has(pattern)) : [];

for (const line of survivors) console.log(`not found: ${line}`);
for (const { pattern } of superfluous) console.log(`superfluous in free-values.ts: ${pattern}`);
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(
  `${tried} changes in ${seconds} s, ${survivors.length} not found, ${used.size} kinds may change freely`,
);
if (tried === 0 || survivors.length + superfluous.length > 0) process.exitCode = 1;

/** A change that CloudFormation or the embedded stack refuses is found too. */
function isFound(template: OwnTemplate, { resource, resources }: Mutant): boolean {
  const type = template.resources[resource]?.Type ?? "";
  const focus = type === "AWS::CloudWatch::Alarm" ? resource : "none";
  try {
    return findTemplateFaults({ ...withResources(template, resources), focus }, emitted).length > 0;
  } catch {
    return true;
  }
}
