import { createAuthorizationRule } from "../../../local/iam/authorize.ts";
import { RoleSessions } from "../../../local/iam/role-sessions.ts";
import type { AwsCall } from "../../../local/servers/aws-endpoint.ts";
import type { AwsReply } from "../../../local/servers/aws-reply.ts";
import { readService } from "../../../local/template/service.ts";
import { Template } from "../../../local/template/template.ts";

const REGION = "eu-central-1";
const REPLY: AwsReply = { status: 200, headers: {}, body: Buffer.from("{}") };
const ARN = (service: string, name: string) => `arn:aws:${service}:${REGION}:000000000000:${name}`;
const TABLE = ARN("dynamodb", "table/Ledger");

interface Statement {
  readonly Effect?: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly [element: string]: unknown;
}

function serviceWith(statements: readonly Statement[]) {
  const Statement = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  const resources = {
    WorkRole: {
      Type: "AWS::IAM::Role",
      Properties: { RoleName: "work-role", Policies: [{ PolicyDocument: { Statement } }] },
    },
    OtherRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        Policies: [{ PolicyDocument: { Statement: { Effect: "Allow", Action: "*", Resource: "*" } } }],
      },
    },
    Work: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: "work",
        Handler: "work.handler",
        Code: { S3Key: "work.zip" },
        Role: { "Fn::GetAtt": ["WorkRole", "Arn"] },
      },
    },
  };
  const template = Template.parse({ Resources: resources });
  return readService(
    { folder: "", template, region: REGION, shortNames: new Map() },
    { sqs: "http://sqs", api: "http://api" },
  );
}

/** Makes a call with the credentials of a function whose role has these statements. Returns "passed" or the error. */
async function callWith(
  statements: readonly Statement[],
  call: Pick<AwsCall, "service" | "operation" | "input"> & Partial<AwsCall>,
): Promise<unknown> {
  const service = serviceWith(statements);
  const [work] = service.functions;
  if (work === undefined) throw new Error("The template has no function.");
  const sessions = new RoleSessions();
  const { accessKeyId, sessionToken } = sessions.of(work).credentials;
  const authorize = createAuthorizationRule({
    sessions,
    controlKey: "control-key",
    grants: () => service,
    region: REGION,
  });
  return authorize({ accessKeyId, sessionToken, ...call }, async () => REPLY).then(
    () => "passed",
    (error: unknown) => error,
  );
}

const allow = (Action: string, Resource: Statement["Resource"], more: object = {}): Statement => ({
  Action,
  Resource,
  ...more,
});
const DENIED = expect.objectContaining({ type: "AccessDeniedException" });

const query = { service: "dynamodb", operation: "Query", input: { TableName: "Ledger" } } as const;
const indexQuery = { ...query, input: { TableName: "Ledger", IndexName: "recent" } };
const batchGet = { ...query, operation: "BatchGetItem", input: { RequestItems: { Ledger: {}, Other: {} } } };
const send = {
  service: "sqs",
  operation: "SendMessage",
  input: { QueueUrl: "http://127.0.0.1:1/000000000000/work" },
} as const;
const sendBatch = { ...send, operation: "SendMessageBatch" };
const readPath = {
  service: "ssm",
  operation: "GetParametersByPath",
  input: { Path: "/app/dev", Recursive: true },
} as const;
const readNames = { ...readPath, operation: "GetParameters", input: { Names: ["/app/dev/a", "/app/dev/b"] } };

describe("the calls of a function", () => {
  it.each([
    [query, allow("dynamodb:Query", TABLE)],
    [query, allow("DynamoDB:que*", `${TABLE.slice(0, -1)}?`)],
    [indexQuery, allow("dynamodb:Query", `${TABLE}/index/recent`)],
    [batchGet, allow("dynamodb:BatchGetItem", [TABLE, ARN("dynamodb", "table/Other")])],
    [send, allow("sqs:SendMessage", ARN("sqs", "work"))],
    [sendBatch, allow("sqs:SendMessage", ARN("sqs", "work"))],
    [readPath, allow("ssm:GetParametersByPath", ARN("ssm", "parameter/app/dev"))],
    [readNames, allow("ssm:GetParameters", ARN("ssm", "parameter/app/dev/*"))],
  ])("pass if the role allows them: %j, %j", async (call, statement) => {
    expect(await callWith([statement], call)).toBe("passed");
  });

  it.each([
    ["no statement", query, []],
    ["another action", query, [allow("dynamodb:GetItem", TABLE)]],
    ["another table", query, [allow("dynamodb:Query", `${TABLE}2`)]],
    ["the table, not its index", indexQuery, [allow("dynamodb:Query", TABLE)]],
    ["an index, not the table", query, [allow("dynamodb:Query", `${TABLE}/index/*`)]],
    ["one of two tables", batchGet, [allow("dynamodb:BatchGetItem", TABLE)]],
    ["the action of a batch, which does not exist", sendBatch, [allow("sqs:SendMessageBatch", "*")]],
    ["another queue", send, [allow("sqs:SendMessage", ARN("sqs", "work-dead"))]],
    [
      "the parameters, not the path",
      readPath,
      [allow("ssm:GetParametersByPath", ARN("ssm", "parameter/app/dev/*"))],
    ],
    ["one of two parameters", readNames, [allow("ssm:GetParameters", ARN("ssm", "parameter/app/dev/a"))]],
    ["another region", send, [allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:000000000000:work")]],
    ["everything, and a denial", send, [allow("*", "*"), { Effect: "Deny", Action: "sqs:*", Resource: "*" }]],
  ])("are refused if the role has %s", async (_, call, statements) => {
    expect(await callWith(statements, call)).toEqual(DENIED);
  });

  it.each([
    [{ StringEquals: { "aws:RequestedRegion": [REGION, "eu-west-1"] } }, true],
    [{ StringEquals: { "aws:RequestedRegion": "eu-west-1" } }, false],
    [{ StringNotEquals: { "aws:PrincipalAccount": "000000000000" } }, false],
    [{ ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/work-*" } }, true],
    [{ ArnNotLike: { "lambda:SourceFunctionArn": "arn:aws:lambda:*:function:work" } }, false],
    [{ StringNotLike: { "aws:ResourceAccount": "1*" } }, true],
    [{ Bool: { "aws:SecureTransport": true } }, true],
    [{ Bool: { "aws:SecureTransport": "false" } }, false],
    [{ StringEquals: { "ssm:Recursive": "true" } }, true],
    [{ StringEquals: { "ssm:Recursive": "false" } }, false],
    [{ Bool: { "aws:SecureTransport": "true" }, StringLike: { "ssm:Recursive": "f*" } }, false],
  ])("are allowed only under the conditions of the statement: %j, %s", async (Condition, isAllowed) => {
    const statement = allow("ssm:GetParametersByPath", ARN("ssm", "parameter/app/dev"), { Condition });
    expect(await callWith([statement], readPath)).toEqual(isAllowed ? "passed" : DENIED);
  });

  it("meet a condition on a missing key only with IfExists", async () => {
    const withCondition = (Condition: object) => [allow("sqs:SendMessage", "*", { Condition })];
    expect(await callWith(withCondition({ StringEquals: { "ssm:Recursive": "true" } }), send)).toEqual(
      DENIED,
    );
    expect(await callWith(withCondition({ StringEqualsIfExists: { "ssm:Recursive": "true" } }), send)).toBe(
      "passed",
    );
  });

  it.each([
    [{ Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } }],
    [{ Condition: { "ForAllValues:StringEquals": { "aws:RequestedRegion": REGION } } }],
    [{ NotAction: "sqs:*" }],
  ])(
    "cannot be authorized with a statement that the stack does not evaluate, so the stack refuses the template: %j",
    (more) => {
      expect(() => serviceWith([allow("*", "*", more)])).toThrow("WorkRole (AWS::IAM::Role) is invalid");
    },
  );

  it("are refused with the texts of AWS", async () => {
    const session = "arn:aws:sts::000000000000:assumed-role/work-role/work";
    expect(await callWith([], query)).toMatchObject({
      status: 400,
      type: "AccessDeniedException",
      message: `User: ${session} is not authorized to perform: dynamodb:Query on resource: ${TABLE} because no identity-based policy allows the dynamodb:Query action`,
    });
    const denial = { Effect: "Deny", Action: "sqs:SendMessage", Resource: "*" };
    expect(await callWith([denial], send)).toMatchObject({
      status: 403,
      queryCode: "AccessDenied",
      message: `User: ${session} is not authorized to perform: sqs:sendmessage on resource: ${ARN("sqs", "work")} with an explicit deny in an identity-based policy`,
    });
  });

  it("are refused without the session token, and calls of other credentials pass", async () => {
    const statements = [allow("*", "*")];
    const invalid = { message: "The security token included in the request is invalid." };
    for (const sessionToken of [null, "another"]) {
      const refused = await callWith(statements, { ...query, sessionToken });
      expect(refused).toMatchObject({ ...invalid, type: "UnrecognizedClientException", status: 400 });
      const refusedBySqs = await callWith(statements, { ...send, sessionToken });
      expect(refusedBySqs).toMatchObject({ ...invalid, type: "InvalidClientTokenId", status: 403 });
    }
    expect(await callWith([], { ...query, accessKeyId: "operator", sessionToken: null })).toBe("passed");
  });
});
