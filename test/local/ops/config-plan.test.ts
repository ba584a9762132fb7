import fc from "fast-check";
import { assembleConfigDocument, type ConfigEntry } from "../../../lib/config/assemble-config.ts";
import { parseConfig } from "../../../lib/config/config.ts";
import { entriesAfterSteps, type PlanStep, planConfigSteps } from "../../../local/ops/config-plan.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";

const URL_TEXT = "https://hooks.slack.com/services/T0/B0/hunter2";
const slack = JSON.stringify({ kind: "slack", url: URL_TEXT });
const deployed = [
  { name: "settings", value: '{"maxPolls":9,"deadlineMinutes":5}' },
  { name: "targets/deploys", value: slack },
  { name: "targets/old", value: slack },
];
const wanted = [
  { name: "settings", value: '{ "deadlineMinutes": 5, "maxPolls": 9 }' },
  { name: "targets/audit", value: slack },
  { name: "targets/deploys", value: slack.replace("hunter2", "hunter3") },
];

test("a plan adds and changes entries, and keeps entries that the file does not contain", () => {
  expect(planConfigSteps(deployed, wanted, false).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "add targets/audit",
    "change targets/deploys",
    "unchanged settings",
    "keep targets/old",
  ]);
});

test("a plan with removeOthers removes entries that the file does not contain", () => {
  const steps = planConfigSteps(deployed, wanted, true);
  expect(steps.at(-1)).toEqual({ kind: "remove", name: "targets/old", value: "" });
  expect(entriesAfterSteps(deployed, steps).map(({ name }) => name)).toEqual([
    "targets/audit",
    "targets/deploys",
    "settings",
  ]);
});

test("the entries after a plan include the kept entries with their values", () => {
  const after = entriesAfterSteps(deployed, planConfigSteps(deployed, wanted, false));
  expect(after.find(({ name }) => name === "targets/old")).toEqual({ name: "targets/old", value: slack });
});

/** Returns the faults of the config that a function reads from these entries. */
function faultsOf(entries: Iterable<ConfigEntry>): readonly string[] {
  const assembled = assembleConfigDocument([...entries].sort((a, b) => (a.name < b.name ? -1 : 1)));
  if (assembled.kind === "faults") return assembled.faults;
  const parsed = parseConfig(assembled.document);
  return parsed.kind === "faults" ? parsed.faults : [];
}

/** Returns the entries after each step that writes. */
function entriesBetween(
  deployed: readonly ConfigEntry[],
  steps: readonly PlanStep[],
): readonly ConfigEntry[][] {
  const stored = new Map(deployed.map((entry) => [entry.name, entry]));
  return steps
    .filter(({ kind }) => kind !== "unchanged" && kind !== "keep")
    .map(({ name, value, kind }) => {
      if (kind === "remove") stored.delete(name);
      else stored.set(name, { name, value });
      return [...stored.values()];
    });
}

const NAMES = ["a", "b", "c"];
const someOf = (names: readonly string[]) => fc.subarray([...names]);
/** Generates valid configs with few names. Two of these configs often contain the same name in different places. */
const anyConfig = fc.tuple(someOf(NAMES), someOf(NAMES), fc.nat()).chain(([projects, targets, seed]) => {
  const rights = fc
    .tuple(fc.subarray(["*", ...projects], { minLength: 1 }), someOf(["*", ...targets]))
    .map(([p, t]) => ({ projects: p, targets: t, operations: ["watch"] }));
  const oneOf = (names: readonly string[]) => fc.option(fc.constantFrom("", ...names));
  return fc
    .record({
      tokens: fc.dictionary(fc.constantFrom(...NAMES), rights),
      rules: fc.array(rights, { maxLength: 3 }),
      defaultProject: oneOf(projects),
      fallbackTarget: oneOf(targets),
      defaultTargets: someOf(targets),
      hasSettings: fc.boolean(),
    })
    .map(({ tokens, rules, defaultProject, fallbackTarget, defaultTargets, hasSettings }) => ({
      projects: Object.fromEntries(
        projects.map((name) => [
          name,
          { projectId: `p${seed % 3}`, region: "eu-de", auth: { kind: "token", token: "t" } },
        ]),
      ),
      targets: Object.fromEntries(
        targets.map((name) => [name, { kind: "slack", url: URL_TEXT + (seed % 2) }]),
      ),
      tokens: Object.fromEntries(
        Object.entries(tokens).map(([name, scopes]) => [name, { sha256: "0".repeat(64), ...scopes }]),
      ),
      oidc: rules.map((scopes) => ({
        issuer: "https://issuer.example",
        audience: "a",
        claims: { repository: "org/*" },
        ...scopes,
      })),
      ...(hasSettings && {
        settings: {
          defaultTargets,
          ...(defaultProject ? { defaultProject } : {}),
          ...(fallbackTarget ? { fallbackTarget } : {}),
        },
      }),
    }));
});

test("the config is valid between any two steps, for additions, changes, renames and removals", () => {
  let steps = 0;
  let removals = 0;
  fc.assert(
    fc.property(anyConfig, anyConfig, fc.boolean(), (before, after, removeOthers) => {
      const deployed = splitConfigIntoEntries(before);
      expect(faultsOf(deployed)).toEqual([]);
      const plan = planConfigSteps(deployed, splitConfigIntoEntries(after), removeOthers);
      // The command refuses a plan with an invalid result, such as a kept entry that refers to a removed entry.
      fc.pre(faultsOf(entriesAfterSteps(deployed, plan)).length === 0);
      for (const entries of entriesBetween(deployed, plan)) {
        steps += 1;
        expect(faultsOf(entries)).toEqual([]);
      }
      removals += plan.filter(({ kind }) => kind === "remove").length;
    }),
    { numRuns: 500 },
  );
  expect(steps).toBeGreaterThan(500);
  expect(removals).toBeGreaterThan(100);
});
