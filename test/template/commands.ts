import { CONFIG_GROUPS, type ConfigPart, SINGLE_ENTRIES } from "../../lib/config/assemble-config.ts";
import type { OwnTemplate } from "./own-template.ts";

/** The IAM actions of the AWS SDK's commands. A command that is missing in this list is a fault. */
const ACTIONS: Readonly<Record<string, string>> = {
  BatchGetItem: "dynamodb:BatchGetItem",
  DeleteItem: "dynamodb:DeleteItem",
  GetItem: "dynamodb:GetItem",
  PutItem: "dynamodb:PutItem",
  Query: "dynamodb:Query",
  Scan: "dynamodb:Scan",
  UpdateItem: "dynamodb:UpdateItem",
  ChangeMessageVisibilityBatch: "sqs:ChangeMessageVisibility",
  GetQueueAttributes: "sqs:GetQueueAttributes",
  SendMessageBatch: "sqs:SendMessage",
  GetParameters: "ssm:GetParameters",
  GetParametersByPath: "ssm:GetParametersByPath",
};

/**
 * The commands that a bundle contains but never sends. DescribeEndpoints belongs to the endpoint discovery of the
 * DynamoDB client, which is off by default.
 */
const UNUSED: ReadonlySet<string> = new Set(["DescribeEndpoints"]);

/** The actions that Lambda itself needs in a function's role. */
const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"];
const EVENT_SOURCE = [
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
];

/** The declaration of a command in minified SDK code. */
const COMMAND_DECLARATION = /\bextends\s+[\w$]+\(\s*[\w$]+,\s*[\w$]+,\s*"([A-Z]\w+)",\s*[\w$]+\s*\)/g;

/** The results of a function of a bundle. A bundle is long, and many rules read the same bundles. */
export function oncePerBundle<T>(read: (bundle: string) => T): (bundle: string) => T {
  const known = new Map<string, T>();
  return (bundle) => {
    const result = known.get(bundle) ?? read(bundle);
    known.set(bundle, result);
    return result;
  };
}

/** Returns the commands of the AWS SDK in a bundle. */
export const commandsIn = oncePerBundle((bundle: string): readonly string[] => {
  const names = [...bundle.matchAll(COMMAND_DECLARATION)].map(([, name]) => name ?? "");
  return [...new Set(names)].filter((name) => name !== "" && !UNUSED.has(name)).sort();
});

/** Compares the AWS commands in each function's code with the actions of its role. Returns one line per difference. */
export function compareWithPolicies({ service, bundles }: OwnTemplate): string[] {
  return service.functions.flatMap(({ shortName, roleArn, arn }) => {
    const commands = commandsIn(bundles[shortName] ?? "");
    const unknown = commands.filter((command) => !Object.hasOwn(ACTIONS, command));
    const hasEventSource = service.eventSources.some(({ functionName }) => functionName === arn);
    const used = new Set(commands.flatMap((command) => ACTIONS[command] ?? []));
    const needed = new Set([...used, ...LOGS, ...(hasEventSource ? EVENT_SOURCE : [])]);
    const allowed = new Set(
      service.grants.filter((grant) => grant.roleArn === roleArn).flatMap(({ actions }) => actions),
    );
    return [
      ...unknown.map((command) => `${shortName}: unknown command ${command}`),
      ...[...needed].filter((one) => !allowed.has(one)).map((one) => `${shortName}: the role lacks ${one}`),
      ...[...allowed]
        .filter((one) => !needed.has(one))
        .map((one) => `${shortName}: the role allows the unused ${one}`),
    ];
  });
}

/** Compares the queues in each function's environment and event sources with the queues in the function's role. */
export function compareQueues({ service }: OwnTemplate): string[] {
  return service.functions.flatMap(({ shortName, roleArn, environment, arn }) => {
    const eventSourceArns = service.eventSources
      .filter((source) => source.functionName === arn)
      .map((one) => one.queueArn);
    const inEnvironment = service.queues.filter(({ url }) => Object.values(environment).includes(url));
    const known = new Set([...inEnvironment.map((queue) => queue.arn), ...eventSourceArns]);
    const allowed = new Set(
      service.grants
        .filter((grant) => grant.roleArn === roleArn && grant.actions.some((one) => one.startsWith("sqs:")))
        .flatMap(({ resources }) => resources),
    );
    return [
      ...[...known]
        .filter((one) => !allowed.has(one))
        .map((one) => `${shortName}: the role lacks the queue ${one}`),
      ...[...allowed]
        .filter((one) => !known.has(one))
        .map((one) => `${shortName}: the role allows the unused queue ${one}`),
    ];
  });
}

const PARTS: readonly string[] = [...CONFIG_GROUPS, ...SINGLE_ENTRIES];
const isPart = (name: string): name is ConfigPart => PARTS.includes(name);

/** Returns the parts of the config that a bundle reads: the list of parts in the handler of the function. */
export const configPartsIn = oncePerBundle((bundle: string): readonly ConfigPart[] => {
  const lists = [...bundle.matchAll(/\[("[A-Za-z/]+"(?:,"[A-Za-z/]+")*)\]/g)]
    .map(([, items = ""]) => items.split(",").map((item) => item.slice(1, -1)))
    .filter((names) => names.every(isPart) && names.includes("settings"))
    .filter((names) => names.join() !== SINGLE_ENTRIES.join());
  return [...new Set(lists.flat().filter(isPart))].sort();
});

/** Compares the parts of the config that each function's code reads with the parts that its role allows. */
export function compareConfigParts({ service, bundles }: OwnTemplate): string[] {
  return service.functions.flatMap(({ shortName, roleArn, environment }) => {
    const read = configPartsIn(bundles[shortName] ?? "");
    const allowed = service.grants
      .filter((grant) => grant.roleArn === roleArn && grant.actions.some((one) => one.startsWith("ssm:")))
      .flatMap(({ resources }) => resources)
      .map((arn) => arn.split(`:parameter${environment.CONFIG_PATH}/`)[1] ?? arn)
      .sort();
    return read.join() === allowed.join()
      ? []
      : [`${shortName}: reads the config parts ${read.join()}, and the role allows ${allowed.join()}`];
  });
}
