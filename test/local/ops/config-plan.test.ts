import { afterSteps, judgeEntries, planSteps } from "../../../local/ops/config-plan.ts";
import { showConfig } from "../../../local/ops/show-config.ts";

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

test("a plan keeps what means the same, adds and changes the rest, and leaves what the file does not hold", () => {
  expect(planSteps(deployed, wanted, false).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "keep settings",
    "add targets/audit",
    "change targets/deploys",
    "leave targets/old",
  ]);
});

test("pruning removes what the file does not hold", () => {
  const steps = planSteps(deployed, wanted, true);
  expect(steps.at(-1)).toEqual({ kind: "remove", name: "targets/old", value: "" });
  expect(afterSteps(deployed, steps).map(({ name }) => name)).toEqual([
    "settings",
    "targets/audit",
    "targets/deploys",
  ]);
});

test("what is left stays in the config that is judged before anything is stored", () => {
  const after = afterSteps(deployed, planSteps(deployed, wanted, false));
  expect(after.find(({ name }) => name === "targets/old")).toEqual({ name: "targets/old", value: slack });
  expect(judgeEntries(after)).toHaveProperty("targets.old.kind", "slack");
});

test("a config that would have faults names them all", () => {
  const faulty = [
    { name: "targets/a", value: '{"kind":"slack"}' },
    { name: "settings", value: '{"maxPolls":0}' },
  ];
  expect(judgeEntries(faulty)).toMatchObject({
    faults: [expect.stringMatching(/^targets\.a\.url/), expect.stringMatching(/^settings\./)],
  });
});

test("a config is shown without its secrets", () => {
  const config = judgeEntries([
    { name: "targets/deploys", value: slack },
    {
      name: "targets/audit",
      value: JSON.stringify({
        kind: "webhook",
        url: "https://audit.example/hunter2",
        headers: { "x-key": "hunter2" },
        secrets: [`whsec_${Buffer.from("hunter2".repeat(5)).toString("base64")}`],
      }),
    },
    {
      name: "projects/prod",
      value: JSON.stringify({
        projectId: "p",
        region: "eu-de",
        auth: { kind: "password", domain: "d", user: "u", password: "hunter2" },
      }),
    },
    { name: "tokens/ci", value: JSON.stringify({ sha256: "ab".repeat(32), projects: ["prod"] }) },
    { name: "settings", value: JSON.stringify({ linkKey: "hunter2hunter2" }) },
  ]);
  if ("faults" in config) throw new Error(config.faults.join());
  const shown = showConfig(config);
  expect(shown).not.toMatch(/hunter2|aHVudGVyM|abababababab/);
  expect(shown).toContain('"sha256": "abababab…"');
  expect(shown).toContain('"url": "<secret>"');
});
