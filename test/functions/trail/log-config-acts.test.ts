import { ConfigChange, reportConfigChangesAsActs } from "../../../functions/trail/handler.ts";
import { type Act, logActAndCountIfStop } from "../../../lib/runtime/log-act.ts";
import { capturedLog } from "../captured-log.ts";

const PATH = "/cce-job-notifier/prod";
const ARN = "arn:aws:sts::111122223333:assumed-role/operator/kim";

/** An event in the form of CloudTrail, with fields that the function does not read. */
function eventOf(detail: object) {
  return {
    version: "0",
    "detail-type": "AWS API Call via CloudTrail",
    source: "aws.ssm",
    detail: {
      eventVersion: "1.11",
      userIdentity: { type: "AssumedRole", arn: ARN, accountId: "111122223333" },
      eventSource: "ssm.amazonaws.com",
      sourceIPAddress: "192.0.2.7",
      responseElements: { tier: "Standard", version: 1 },
      ...detail,
    },
  };
}

function actsOf(detail: object): readonly Act[] {
  const acts: Act[] = [];
  reportConfigChangesAsActs(ConfigChange.parse(eventOf(detail)), PATH, (act) => acts.push(act));
  return acts;
}

test.each([
  ["PutParameter", { name: `${PATH}/tokens/ci`, overwrite: true }, "token_put", "tokens/ci"],
  ["DeleteParameter", { name: `${PATH}/tokens/ci` }, "token_remove", "tokens/ci"],
  ["PutParameter", { name: `${PATH}/secret/projects/eu` }, "config_put", "secret/projects/eu"],
  ["DeleteParameters", { names: [`${PATH}/settings`] }, "config_remove", "settings"],
])("%s of %j is the act %s", async (eventName, requestParameters, act, entry) => {
  const acts = actsOf({ eventName, requestParameters });
  expect(acts).toMatchObject([{ act, who: ARN, from: "192.0.2.7", entry }]);
  const { logged } = await capturedLog(() => acts.forEach(logActAndCountIfStop));
  expect(logged).toEqual([
    {
      message: "act",
      act,
      who: ARN,
      from: "192.0.2.7",
      project: "-",
      job_id: "-",
      owner: "-",
      traceparent: "-",
      targets: [],
      entry,
    },
  ]);
});

test("a call that removes two entries is two acts", () => {
  const requestParameters = { names: [`${PATH}/settings`, `${PATH}/targets/ops`] };
  const acts = actsOf({ eventName: "DeleteParameters", requestParameters });
  expect(acts).toMatchObject([{ entry: "settings" }, { entry: "targets/ops" }]);
});

test("a refused call, and a parameter outside of the config, are no acts", () => {
  const requestParameters = { names: [`${PATH}-eu/settings`, "/other"] };
  expect(actsOf({ eventName: "DeleteParameters", requestParameters })).toEqual([]);
  const refused = { name: `${PATH}/settings` };
  expect(
    actsOf({ eventName: "PutParameter", errorCode: "AccessDenied", requestParameters: refused }),
  ).toEqual([]);
});

test("an event without the ARN of a user names the user by its principal ID, or as unknown", () => {
  const call = { eventName: "PutParameter", requestParameters: { name: `${PATH}/settings` } };
  expect(actsOf({ ...call, userIdentity: { principalId: "AIDA1" } })).toMatchObject([{ who: "AIDA1" }]);
  expect(actsOf({ ...call, userIdentity: {}, sourceIPAddress: undefined })).toMatchObject([
    { who: "unknown", from: "unknown" },
  ]);
});
