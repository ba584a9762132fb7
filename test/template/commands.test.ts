import {
  commandsIn,
  compareConfigParts,
  compareQueues,
  compareWithPolicies,
  configPartsIn,
} from "./commands.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";

let own: OwnTemplate;
beforeAll(async () => {
  own = await compileOwnTemplate();
});

/** Returns the template with one more grant, or without the grants of an action. */
function withGrant(name: string, action: string, more: boolean): OwnTemplate {
  const roleArn = own.service.functions.find(({ shortName }) => shortName === name)?.roleArn ?? "";
  const grants = own.service.grants.map((grant) =>
    grant.roleArn === roleArn && !more
      ? { ...grant, actions: grant.actions.filter((one) => one !== action) }
      : grant,
  );
  const extra = more
    ? [{ roleArn, actions: [action], resources: ["arn:aws:sqs:x:1:other"], conditions: {} }]
    : [];
  return { ...own, service: { ...own.service, grants: [...grants, ...extra] } };
}

describe("compareWithPolicies", () => {
  it("finds no difference between the packages and their roles", () => {
    expect(compareWithPolicies(own)).toEqual([]);
  });

  it("finds a role that allows too much or too little", () => {
    expect(compareWithPolicies(withGrant("api", "dynamodb:PutItem", true))).toEqual([
      "api: the role allows the unused dynamodb:PutItem",
    ]);
    expect(compareWithPolicies(withGrant("sweep", "dynamodb:Query", false))).toEqual([
      "sweep: the role lacks dynamodb:Query",
    ]);
  });

  it("finds a new command in the code", () => {
    const bundles = {
      ...own.bundles,
      poll: `${own.bundles.poll}class A extends b(c,d,"DeleteItem",e){}`,
      audit: `${own.bundles.audit}class A extends b(c,d,"TransactWriteItems",$){}`,
    };
    expect(compareWithPolicies({ ...own, bundles })).toEqual([
      "poll: the role lacks dynamodb:DeleteItem",
      "audit: unknown command TransactWriteItems",
    ]);
  });

  it("finds the commands of every package", () => {
    expect(commandsIn(own.bundles.poll ?? "")).toEqual(
      expect.arrayContaining([
        "ChangeMessageVisibilityBatch",
        "GetParametersByPath",
        "SendMessageBatch",
        "UpdateItem",
      ]),
    );
    expect(commandsIn(own.bundles.audit ?? "")).toEqual(["GetItem", "Scan"]);
  });
});

describe("compareQueues", () => {
  it("finds no difference between the environments and the roles", () => {
    expect(compareQueues(own)).toEqual([]);
  });

  it("finds a role that allows a queue that the function does not use", () => {
    expect(compareQueues(withGrant("notify", "sqs:SendMessage", true))).toEqual([
      "notify: the role allows the unused queue arn:aws:sqs:x:1:other",
    ]);
  });
});

describe("compareConfigParts", () => {
  it("finds no difference between the packages and their roles", () => {
    expect(compareConfigParts(own)).toEqual([]);
  });

  it("finds a role that may read a secret that the function does not read", () => {
    const path = own.service.functions[0]?.environment.CONFIG_PATH;
    const roleArn = own.service.functions.find(({ shortName }) => shortName === "enqueue")?.roleArn ?? "";
    const grant = {
      roleArn,
      actions: ["ssm:GetParametersByPath"],
      resources: [`arn:aws:ssm:x:1:parameter${path}/secret/projects`],
      conditions: {},
    };
    const grants = [...own.service.grants, grant];
    expect(compareConfigParts({ ...own, service: { ...own.service, grants } })).toEqual([
      expect.stringMatching(/^enqueue: .* allows linkKeys,oidc,projects,secret\/projects,settings,/),
    ]);
  });

  it("finds the secrets that each package reads", () => {
    const secrets = Object.entries(own.bundles).map(([name, bundle]) => [
      name,
      configPartsIn(bundle).filter((part) => part.startsWith("secret/") || part === "linkKeys"),
    ]);
    expect(Object.fromEntries(secrets)).toEqual({
      discover: ["secret/projects"],
      enqueue: ["linkKeys"],
      poll: ["linkKeys", "secret/projects"],
      notify: ["linkKeys", "secret/settings", "secret/targets"],
      api: ["linkKeys", "secret/targets"],
      sweep: [],
      audit: [],
      trail: [],
    });
  });
});

test("the log of each other function whose code logs acts is copied to the log group of trail, and no other log", () => {
  const filters = Object.values(own.resources).filter(({ Type }) => Type === "AWS::Logs::SubscriptionFilter");
  const isLogging = (name: string) => name !== "trail" && own.bundles[name]?.includes('.info("act",');
  const logging = Object.keys(own.bundles).filter(isLogging).toSorted();
  const { arn } = own.service.functions.find(({ shortName }) => shortName === "trail") ?? {};
  expect(filters.map(({ Properties }) => Properties)).toEqual(
    logging.map((name) => ({
      LogGroupName: `/aws/lambda/cce-job-notifier-dev-${name}`,
      FilterPattern: '{ $.message = "act" }',
      DestinationArn: arn,
    })),
  );
  expect(logging).toEqual(["api", "notify"]);
});

test("each change of the stage's own config invokes trail, which EventBridge may invoke", () => {
  const { arn } = own.service.functions.find(({ shortName }) => shortName === "trail") ?? {};
  const { ConfigChanges, ConfigChangesPermission } = own.resources;
  const prefix = "/cce-job-notifier/dev/";
  expect(ConfigChanges?.Properties).toMatchObject({
    EventPattern: {
      detail: {
        eventName: ["PutParameter", "DeleteParameter", "DeleteParameters"],
        requestParameters: { $or: [{ name: [{ prefix }] }, { names: [{ prefix }] }] },
      },
    },
    Targets: [{ Arn: arn }],
  });
  expect(ConfigChangesPermission?.Properties).toMatchObject({
    FunctionName: arn,
    Principal: "events.amazonaws.com",
  });
});
