import { readFileSync } from "node:fs";
import { assembleConfigDocumentOrListFaults, type ConfigEntry } from "../../../lib/config/assemble-config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { entriesAfterSteps, type PlanStep, planConfigSteps } from "../../../local/ops/config-plan.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";
import fc from "../../support/properties.ts";

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
  const assembled = assembleConfigDocumentOrListFaults(
    [...entries].sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  if (assembled.kind === "faults") return assembled.faults;
  const parsed = parseWholeConfig(assembled.document);
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
/** Each kind has a field, or values of a field, that the other kinds refuse. */
const TARGETS = [
  { kind: "slack", mention: "<!here>" },
  { kind: "webhook", secrets: [`whsec_${"A".repeat(32)}`], on: ["failed", "slow"] },
  { kind: "feishu", secret: "0123456789abcdef", keyword: "CCE" },
];
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
      kinds: fc.array(fc.constantFrom(...TARGETS), { minLength: NAMES.length, maxLength: NAMES.length }),
    })
    .map(({ tokens, rules, defaultProject, fallbackTarget, defaultTargets, hasSettings, kinds }) => ({
      projects: Object.fromEntries(
        projects.map((name) => [
          name,
          { projectId: `p${seed % 3}`, region: "eu-de", auth: { kind: "token", token: "t" } },
        ]),
      ),
      targets: Object.fromEntries(
        targets.map((name, i) => [name, { ...kinds[i], url: URL_TEXT + (seed % 2) }]),
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

describe("the certificates of targets and projects", () => {
  const pem = (name: string) =>
    readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), "utf8").trim();
  const [authority, cert, key] = [pem("authority.crt"), pem("receiver.crt"), pem("receiver.key")];
  const documentOf = (target: object, project: object = {}) => ({
    targets: { audit: { kind: "slack", url: "https://hooks.example.com/x", ...target } },
    projects: { prod: { projectId: "p", region: "eu-de", auth: { kind: "token", token: "t" }, ...project } },
  });
  const withTls = documentOf(
    { ca: `${authority}\n${cert}`, clientCertificate: { cert, key } },
    { ca: authority },
  );
  const apply = (deployed: readonly ConfigEntry[], document: object) => {
    const steps = planConfigSteps(deployed, splitConfigIntoEntries(document), false);
    for (const between of entriesBetween(deployed, steps)) expect(faultsOf(between)).toEqual([]);
    return entriesAfterSteps(deployed, steps);
  };

  test("are entries of their own, one for each PEM block, and the functions read them back", () => {
    const entries = splitConfigIntoEntries(withTls);
    const certificates = entries.filter(({ name }) => name.startsWith("certificates/"));
    expect(certificates.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ""))).toEqual([
      "certificates/projects-prod-ca",
      "certificates/targets-audit-ca",
      "certificates/targets-audit-ca",
      "certificates/targets-audit-clientCertificate-cert",
    ]);
    for (const { name, value } of entries)
      expect(value.includes("-----BEGIN CERTIFICATE")).toBe(name.startsWith("certificates/"));
    expect(assembleConfigDocumentOrListFaults(entries)).toEqual({ kind: "document", document: withTls });
    expect(faultsOf(entries)).toEqual([]);
  });

  test("keep the config valid after every step, and a certificate that nothing refers to is removed", () => {
    const first = apply([], withTls);
    const changed = apply(first, documentOf({ ca: cert, clientCertificate: { cert, key } }));
    const names = changed.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ""));
    expect(names.filter((name) => name.startsWith("certificates/")).sort()).toEqual([
      "certificates/targets-audit-ca",
      "certificates/targets-audit-clientCertificate-cert",
    ]);
    expect(apply(changed, documentOf({})).some(({ name }) => name.startsWith("certificates/"))).toBe(false);
  });

  test("of an entry that the file does not contain are kept with the entry", () => {
    const kept = apply(apply([], withTls), { projects: documentOf({}).projects });
    expect(faultsOf(kept)).toEqual([]);
    expect(assembleConfigDocumentOrListFaults(kept)).toMatchObject({
      document: { targets: withTls.targets },
    });
  });

  test("that are missing are faults with the name of the entry that refers to them", () => {
    const entries = splitConfigIntoEntries(withTls).filter(({ name }) => !name.includes("clientCertificate"));
    const [fault, ...others] = faultsOf(entries);
    expect(fault).toMatch(
      /^secret\/targets\/audit: refers to the missing entry certificates\/targets-audit-client/,
    );
    expect(others).toEqual([]);
  });
});
