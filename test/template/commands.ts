import type { OwnTemplate } from "./own-template.ts";

/** What IAM calls the SDK's commands; one that is not here is a fault, so that nobody forgets the question. */
const ACTIONS: Readonly<Record<string, string>> = {
  BatchGetItem: "dynamodb:BatchGetItem",
  DeleteItem: "dynamodb:DeleteItem",
  GetItem: "dynamodb:GetItem",
  PutItem: "dynamodb:PutItem",
  Query: "dynamodb:Query",
  Scan: "dynamodb:Scan",
  UpdateItem: "dynamodb:UpdateItem",
  ChangeMessageVisibility: "sqs:ChangeMessageVisibility",
  GetQueueAttributes: "sqs:GetQueueAttributes",
  SendMessageBatch: "sqs:SendMessage",
  GetParametersByPath: "ssm:GetParametersByPath",
};

/** DynamoDB's endpoint discovery comes with its client and is off unless it is asked for. */
const UNUSED: ReadonlySet<string> = new Set(["DescribeEndpoints"]);

/** What Lambda does in a function's name, whatever its code. */
const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"];
const FED = [
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
];

/** How a command is declared in the SDK, whatever minifying has made of the names around its own. */
const DECLARED = /\bextends\s+[\w$]+\(\s*[\w$]+,\s*[\w$]+,\s*"([A-Z]\w+)",\s*[\w$]+\s*\)/g;

/** The commands of the AWS SDK in a bundle. */
export function commandsIn(bundle: string): string[] {
  const names = [...bundle.matchAll(DECLARED)].map(([, name]) => name ?? "");
  return [...new Set(names)].filter((name) => name !== "" && !UNUSED.has(name)).sort();
}

/** Compares what each function's code can ask of AWS with what its role allows, both ways. */
export function compareWithPolicies({ service, bundles }: OwnTemplate): string[] {
  return service.functions.flatMap(({ shortName, roleArn, arn }) => {
    const commands = commandsIn(bundles[shortName] ?? "");
    const strange = commands.filter((command) => !Object.hasOwn(ACTIONS, command));
    const isFed = service.eventSources.some(({ functionName }) => functionName === arn);
    const asked = new Set(commands.flatMap((command) => ACTIONS[command] ?? []));
    const needed = new Set([...asked, ...LOGS, ...(isFed ? FED : [])]);
    const allowed = new Set(
      service.grants.filter((grant) => grant.roleArn === roleArn).flatMap(({ actions }) => actions),
    );
    return [
      ...strange.map((command) => `${shortName}: ${command} is not among the commands that are known`),
      ...[...needed].filter((one) => !allowed.has(one)).map((one) => `${shortName} lacks ${one}`),
      ...[...allowed]
        .filter((one) => !needed.has(one))
        .map((one) => `${shortName} may ${one} and never does`),
    ];
  });
}

/** Compares the queues each function is told of with those its role reaches, both ways. */
export function compareQueues({ service }: OwnTemplate): string[] {
  return service.functions.flatMap(({ shortName, roleArn, environment, arn }) => {
    const fedBy = service.eventSources
      .filter((source) => source.functionName === arn)
      .map((one) => one.queueArn);
    const told = service.queues.filter(({ url }) => Object.values(environment).includes(url));
    const known = new Set([...told.map((queue) => queue.arn), ...fedBy]);
    const reached = new Set(
      service.grants
        .filter((grant) => grant.roleArn === roleArn && grant.actions.some((one) => one.startsWith("sqs:")))
        .flatMap(({ resources }) => resources),
    );
    return [
      ...[...known].filter((one) => !reached.has(one)).map((one) => `${shortName} does not reach ${one}`),
      ...[...reached].filter((one) => !known.has(one)).map((one) => `${shortName} reaches ${one} unknowing`),
    ];
  });
}
