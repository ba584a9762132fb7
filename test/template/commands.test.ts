import { commandsIn, compareQueues, compareWithPolicies } from "./commands.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";

let own: OwnTemplate;
beforeAll(async () => {
  own = await compileOwnTemplate();
}, 60_000);

/** The template with one grant more, or without those of an action. */
function granting(name: string, action: string, more: boolean): OwnTemplate {
  const roleArn = own.service.functions.find(({ shortName }) => shortName === name)?.roleArn ?? "";
  const grants = own.service.grants.map((grant) =>
    grant.roleArn === roleArn && !more
      ? { ...grant, actions: grant.actions.filter((one) => one !== action) }
      : grant,
  );
  const extra = more ? [{ roleArn, actions: [action], resources: ["arn:aws:sqs:x:1:other"] }] : [];
  return { ...own, service: { ...own.service, grants: [...grants, ...extra] } };
}

describe("what is in a package, and what its role allows", () => {
  it("are the same", () => {
    expect(compareWithPolicies(own)).toEqual([]);
  });

  it("differ when a role allows more, or less", () => {
    expect(compareWithPolicies(granting("api", "dynamodb:PutItem", true))).toEqual([
      "api may dynamodb:PutItem and never does",
    ]);
    expect(compareWithPolicies(granting("sweep", "dynamodb:Query", false))).toEqual([
      "sweep lacks dynamodb:Query",
    ]);
  });

  it("differ when code asks for something new", () => {
    const bundles = {
      ...own.bundles,
      poll: `${own.bundles.poll}class A extends b(c,d,"DeleteItem",e){}`,
      audit: `${own.bundles.audit}class A extends b(c,d,"TransactWriteItems",$){}`,
    };
    expect(compareWithPolicies({ ...own, bundles })).toEqual([
      "poll lacks dynamodb:DeleteItem",
      "audit: TransactWriteItems is not among the commands that are known",
    ]);
  });

  it("are found in every package", () => {
    expect(commandsIn(own.bundles.poll ?? "")).toEqual(
      expect.arrayContaining([
        "ChangeMessageVisibility",
        "GetParametersByPath",
        "SendMessageBatch",
        "UpdateItem",
      ]),
    );
    expect(commandsIn(own.bundles.audit ?? "")).toEqual(["GetItem", "Scan"]);
  });
});

describe("the queues a function is told of, and those its role reaches", () => {
  it("are the same", () => {
    expect(compareQueues(own)).toEqual([]);
  });

  it("differ when a role reaches another queue", () => {
    expect(compareQueues(granting("notify", "sqs:SendMessage", true))).toEqual([
      "notify reaches arn:aws:sqs:x:1:other unknowing",
    ]);
  });
});
