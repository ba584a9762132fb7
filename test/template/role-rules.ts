import { commandsIn, oncePerBundle } from "./commands.ts";
import { functionNamed, handlerOf, queueOf } from "./function-wiring.ts";
import type { OwnTemplate } from "./own-template.ts";
import type { Rule } from "./rules.ts";

/** Returns the actions on each resource that a function uses, by its code and by its variables. */
function usedActions({ service, bundles, resources }: OwnTemplate, name: string): ReadonlySet<string> {
  const used = functionNamed(service, name);
  const source = handlerOf(name);
  const arnOf = (variable: string) =>
    service.queues.find(({ url }) => url === used?.environment[variable])?.arn ?? variable;
  const invoking = queueOf(service, name)?.arn;
  const commands = commandsIn(bundles[name] ?? "");
  const ledger = `arn:aws:dynamodb:eu-central-1:000000000000:table/${resources.Ledger?.Properties.TableName}`;
  const tableActions = ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"];
  const senders = [...source.matchAll(/createSqsSender\(\{ \.\.\.sqs, url: env\.(\w+)/g)].map(
    ([, one = ""]) => one,
  );
  const indexes = indexesIn(bundles[name] ?? "");
  return new Set([
    ...["CreateLogStream", "PutLogEvents"].map(
      (action) =>
        `logs:${action} arn:aws:logs:eu-central-1:000000000000:log-group:/aws/lambda/${used?.name}:*`,
    ),
    ...commands.filter((one) => tableActions.includes(one)).map((one) => `dynamodb:${one} ${ledger}`),
    ...indexes.map((index) => `dynamodb:${name === "audit" ? "Scan" : "Query"} ${ledger}/index/${index}`),
    ...senders.map((variable) => `sqs:SendMessage ${arnOf(variable)}`),
    // Only poll sends messages to the queue that invokes it. A notification stays in its queue.
    ...(used?.recursiveLoop === "Allow" ? [`sqs:SendMessage ${invoking}`] : []),
    ...(invoking === undefined
      ? []
      : ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"].map(
          (action) => `sqs:${action} ${invoking}`,
        )),
    ...(/\[([\w., ]+)\]\.map\(checkQueue\)/.exec(source)?.[1] ?? "")
      .split(", ")
      .filter(Boolean)
      .map((variable) => `sqs:GetQueueAttributes ${arnOf(variable.replace("env.", ""))}`),
  ]);
}

/** The indexes that a function reads stand in its code as values of `IndexName`, or as the constants for them. */
const indexesIn = oncePerBundle((bundle) =>
  ["overdue", "recent"].filter((index) => {
    const constants = [...bundle.matchAll(new RegExp(`([\\w$]+)="${index}"`, "g"))].map(
      ([, name = ""]) => name,
    );
    return [`"${index}"`, ...constants].some((one) => bundle.includes(`IndexName:${one}`));
  }),
);

/** A role allows each action on exactly the resources on which the function uses it. */
export const rolesAllowWhatIsUsed: Rule = (template) =>
  template.service.functions.flatMap(({ shortName, roleArn }) => {
    const used = usedActions(template, shortName);
    const allowed = new Set(
      template.service.grants
        .filter((grant) => grant.roleArn === roleArn)
        .flatMap(({ actions, resources }) =>
          actions.flatMap((action) => resources.map((one) => `${action} ${one}`)),
        )
        .filter((one) => !one.startsWith("ssm:")),
    );
    return [
      ...[...used].filter((one) => !allowed.has(one)).map((one) => `${shortName}: the role lacks ${one}`),
      ...[...allowed].filter((one) => !used.has(one)).map((one) => `${shortName}: nothing uses ${one}`),
    ];
  });
