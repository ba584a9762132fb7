import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import type { Step } from "../../../local/ops/config-plan.ts";
import { putConfig } from "../../../local/ops/put-config.ts";

const STEPS: readonly Step[] = [
  { name: "settings", value: "{}", kind: "keep" },
  { name: "targets/audit", value: '{"a":1}', kind: "add" },
  { name: "targets/deploys", value: '{"a":2}', kind: "change" },
  { name: "targets/old", value: "", kind: "remove" },
  { name: "targets/other", value: "", kind: "leave" },
];

test("what differs is stored as SecureStrings, what is to go is deleted, and each is told by its name alone", async () => {
  const ssm = mockClient(SSMClient);
  const told: string[] = [];
  await putConfig(new SSMClient({}), "/cce-job-notifier/prod", STEPS, (line) => told.push(line));
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
  expect(told).toEqual([
    "added    targets/audit",
    "changed  targets/deploys",
    "removed  targets/old",
    expect.stringMatching(/^left {5}targets\/other/),
  ]);
});
