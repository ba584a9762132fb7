import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deployerActions } from "./deployer-actions.ts";
import { findUnneeded, type IamPolicy, isAllowed, type NeededAction, readIamPolicy } from "./iam-policy.ts";
import { compileOwnTemplate, type OwnTemplate, ROOT } from "./own-template.ts";

/**
 * The largest size of a managed policy, without white space.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_POLICY_CHARACTERS = 6144;
const STAGE = "dev";
const PREFIX = `cce-job-notifier-${STAGE}`;
const arn = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:000000000000:${rest}`;
const parameter = (name: string) => arn("ssm", `parameter/cce-job-notifier/${STAGE}${name}`);

let own: OwnTemplate;
let policies: Readonly<Record<"deployer" | "operator" | "auditor", IamPolicy>>;
beforeAll(async () => {
  own = await compileOwnTemplate();
  policies = {
    deployer: await readIamPolicy("deployer", STAGE),
    operator: await readIamPolicy("operator", STAGE),
    auditor: await readIamPolicy("auditor", STAGE),
  };
});

const refused = (policy: IamPolicy, needed: readonly NeededAction[]) =>
  needed.filter((one) => !isAllowed(policy, one)).map(({ action, resource }) => `${action} on ${resource}`);

describe("the policy of the deployer", () => {
  it("allows everything that a deployment of the template needs, and nothing else", () => {
    const needed = deployerActions(own);
    expect(refused(policies.deployer, needed)).toEqual([]);
    expect(findUnneeded(policies.deployer, needed)).toEqual([]);
  });

  it("allows nothing on the resources of another stage or of another product", () => {
    const others = deployerActions(own)
      .filter(({ resource }) => resource.includes(PREFIX))
      .map((one) => ({ ...one, resource: one.resource.replaceAll(PREFIX, "cce-job-notifier-prod") }));
    expect(others.length).toBeGreaterThan(100);
    expect(others.filter((one) => isAllowed(policies.deployer, one))).toEqual([]);
  });

  it("passes a role only to Lambda", () => {
    const pass = { action: "iam:PassRole", resource: `arn:aws:iam::000000000000:role/${PREFIX}-PollRole-A` };
    const to = (service: string) => ({ ...pass, context: { "iam:PassedToService": service } });
    expect(isAllowed(policies.deployer, to("lambda.amazonaws.com"))).toBe(true);
    expect(isAllowed(policies.deployer, to("ec2.amazonaws.com"))).toBe(false);
  });

  it("cannot read the config", () => {
    const reading = { action: "ssm:GetParametersByPath", resource: parameter("") };
    expect(isAllowed(policies.deployer, reading)).toBe(false);
  });

  it("is refused if a new type of resource has no entry", () => {
    const resources = {
      New: { Type: "AWS::New::Type", DeletionPolicy: "", UpdateReplacePolicy: "", Properties: {} },
    };
    expect(() => deployerActions({ resources })).toThrow("AWS::New::Type has no entry");
  });
});

const queues = ["poll", "notify", "poll-dead", "notify-dead"].map((name) => arn("sqs", `${PREFIX}-${name}`));
const ledger = arn("dynamodb", `table/${PREFIX}-ledger`);
const everyAlarm = "*";

/** The IAM action and the resources of each command of the AWS SDK in the operators' commands. */
const COMMANDS: Readonly<Record<string, { readonly action: string; readonly resources: readonly string[] }>> =
  {
    GetParametersByPath: { action: "ssm:GetParametersByPath", resources: [parameter("")] },
    PutParameter: { action: "ssm:PutParameter", resources: [parameter("/secret/targets/a")] },
    DeleteParameter: { action: "ssm:DeleteParameter", resources: [parameter("/tokens/a")] },
    DescribeStacks: {
      action: "cloudformation:DescribeStacks",
      resources: [arn("cloudformation", `stack/${PREFIX}/1`)],
    },
    DescribeAlarms: { action: "cloudwatch:DescribeAlarms", resources: [everyAlarm] },
    DescribeAlarmHistory: { action: "cloudwatch:DescribeAlarmHistory", resources: [everyAlarm] },
    SetAlarmState: {
      action: "cloudwatch:SetAlarmState",
      resources: [arn("cloudwatch", `alarm:${PREFIX}-overdue`)],
    },
    GetAccountSettings: { action: "lambda:GetAccountSettings", resources: ["*"] },
    GetQueueUrl: { action: "sqs:GetQueueUrl", resources: queues },
    GetQueueAttributes: { action: "sqs:GetQueueAttributes", resources: queues },
    ReceiveMessage: { action: "sqs:ReceiveMessage", resources: queues },
    DeleteMessage: { action: "sqs:DeleteMessage", resources: queues },
    ChangeMessageVisibility: { action: "sqs:ChangeMessageVisibility", resources: queues },
    SendMessageBatch: { action: "sqs:SendMessage", resources: queues },
  };

/** What the operators' commands use through the ledger, the queue and the config of the product, and in the runbook. */
const OTHER_NEEDS: readonly NeededAction[] = [
  ...["GetItem", "PutItem", "Query", "UpdateItem"].map((name) => ({
    action: `dynamodb:${name}`,
    resource: ledger,
  })),
  { action: "dynamodb:Query", resource: `${ledger}/index/overdue` },
  { action: "dynamodb:Scan", resource: `${ledger}/index/recent` },
  { action: "ssm:DeleteParameters", resource: parameter("/settings") },
  ...["GetFunctionRecursionConfig", "PutFunctionRecursionConfig"].map((name) => ({
    action: `lambda:${name}`,
    resource: arn("lambda", `function:${PREFIX}-poll`),
  })),
  ...["FilterLogEvents", "StartQuery"].map((name) => ({
    action: `logs:${name}`,
    resource: arn("logs", `log-group:/aws/lambda/${PREFIX}-poll:*`),
  })),
  { action: "logs:GetQueryResults", resource: "*" },
];

describe("the policy of the operator", () => {
  // `npm run verify` makes resources of its own and needs more permissions than an operator has.
  const files = globSync("local/ops/**/*.ts", { cwd: ROOT }).filter(
    (file) => !/\/verify(\/(?!alarm-test)|\.ts)/.test(file),
  );
  const jsonInBackticks = new Set(
    files.flatMap((file) => {
      const code = readFileSync(join(ROOT, file), "utf8");
      return [...code.matchAll(/new ([A-Z]\w+)Command\(/g)].map(([, name]) => name ?? "");
    }),
  );

  it("allows everything that the operators' commands and the runbook need, and nothing else", () => {
    expect(jsonInBackticks.size).toBeGreaterThan(8);
    expect([...jsonInBackticks].filter((name) => !Object.hasOwn(COMMANDS, name))).toEqual([]);
    const needed = [
      ...Object.values(COMMANDS).flatMap(({ action, resources }) =>
        resources.map((resource) => ({ action, resource })),
      ),
      ...OTHER_NEEDS,
    ];
    expect(refused(policies.operator, needed)).toEqual([]);
    expect(findUnneeded(policies.operator, needed)).toEqual([]);
  });

  it("cannot change the config of another stage, and cannot change functions and roles", () => {
    const denied = [
      { action: "ssm:PutParameter", resource: arn("ssm", "parameter/cce-job-notifier/prod/settings") },
      { action: "lambda:UpdateFunctionCode", resource: arn("lambda", `function:${PREFIX}-poll`) },
      { action: "iam:PutRolePolicy", resource: `arn:aws:iam::000000000000:role/${PREFIX}-PollRole-A` },
    ];
    expect(refused(policies.operator, denied)).toHaveLength(denied.length);
  });
});

describe("the policy of the auditor", () => {
  it("reads callers, roles, alarms and logs", () => {
    const needed = [
      ...["projects", "targets", "tokens", "oidc"].map((name) => ({
        action: "ssm:GetParametersByPath",
        resource: parameter(`/${name}`),
      })),
      { action: "ssm:GetParameters", resource: parameter("/settings") },
      { action: "logs:StartQuery", resource: arn("logs", `log-group:/aws/vendedlogs/${PREFIX}-access:*`) },
      { action: "iam:GetRolePolicy", resource: `arn:aws:iam::000000000000:role/${PREFIX}-PollRole-A` },
      { action: "cloudwatch:DescribeAlarmHistory", resource: "*" },
    ];
    expect(refused(policies.auditor, needed)).toEqual([]);
  });

  it("reads no secret, no message and no job, and changes nothing", () => {
    const secrets = ["", "/secret", "/secret/projects", "/secret/targets", "/certificates"].map((name) => ({
      action: "ssm:GetParametersByPath",
      resource: parameter(name),
    }));
    const keys = { action: "ssm:GetParameters", resource: parameter("/linkKeys") };
    expect(refused(policies.auditor, [...secrets, keys])).toHaveLength(secrets.length + 1);
    const actions = policies.auditor.Statement.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => !/:(Get|List|Describe|Filter|StartQuery)/.test(action))).toEqual([]);
    expect(actions.filter((action) => /^(dynamodb|s3):|sqs:Receive/.test(action))).toEqual([]);
  });
});

test.each(["deployer", "operator", "auditor"] as const)(
  "the policy of the %s has no wildcard in an action and is small enough for AWS",
  (name) => {
    expect(JSON.stringify(policies[name]).length).toBeLessThan(MAX_POLICY_CHARACTERS);
    expect(policies[name].Statement.flatMap(({ Action }) => Action).join()).not.toContain("*");
  },
);
