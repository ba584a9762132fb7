import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { applySteps, entriesAfter, type PlanStep, planSteps } from "../../../local/ops/config-plan.ts";

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
  expect(planSteps(deployed, wanted, false).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "unchanged settings",
    "add targets/audit",
    "change targets/deploys",
    "keep targets/old",
  ]);
});

test("a plan with removeOthers removes entries that the file does not contain", () => {
  const steps = planSteps(deployed, wanted, true);
  expect(steps.at(-1)).toEqual({ kind: "remove", name: "targets/old", value: "" });
  expect(entriesAfter(deployed, steps).map(({ name }) => name)).toEqual([
    "settings",
    "targets/audit",
    "targets/deploys",
  ]);
});

test("the entries after a plan include the kept ones with their values", () => {
  const after = entriesAfter(deployed, planSteps(deployed, wanted, false));
  expect(after.find(({ name }) => name === "targets/old")).toEqual({ name: "targets/old", value: slack });
});

test("applying a plan stores SecureStrings, deletes removed entries and reports names without values", async () => {
  const steps: readonly PlanStep[] = [
    { name: "settings", value: "{}", kind: "unchanged" },
    { name: "targets/audit", value: '{"a":1}', kind: "add" },
    { name: "targets/deploys", value: '{"a":2}', kind: "change" },
    { name: "targets/old", value: "", kind: "remove" },
    { name: "targets/other", value: "", kind: "keep" },
  ];
  const ssm = mockClient(SSMClient);
  const lines: string[] = [];
  await applySteps(new SSMClient({}), "/cce-job-notifier/prod", steps, (line) => lines.push(line));
  expect(ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input)).toEqual([
    {
      Name: "/cce-job-notifier/prod/targets/audit",
      Value: '{"a":1}',
      Overwrite: true,
      Type: "SecureString",
      Tier: "Intelligent-Tiering",
    },
    expect.objectContaining({ Name: "/cce-job-notifier/prod/targets/deploys", Type: "SecureString" }),
  ]);
  expect(ssm.commandCalls(DeleteParameterCommand).map(({ args }) => args[0].input)).toEqual([
    { Name: "/cce-job-notifier/prod/targets/old" },
  ]);
  expect(lines).toEqual([
    "added    targets/audit",
    "changed  targets/deploys",
    "removed  targets/old",
    expect.stringMatching(/^kept {5}targets\/other/),
  ]);
});
