import * as z from "zod";
import { resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const PATH = "/cce-job-notifier/dev/";
const RULE_ARN = "arn:aws:events:eu-central-1:000000000000:rule/ConfigChanges";

const EventRule = z.object({
  EventPattern: z.unknown().optional(),
  Targets: z.array(z.object({ Arn: z.unknown() })).default([]),
});
const Permission = z.object({
  FunctionName: z.unknown(),
  Action: z.unknown(),
  Principal: z.unknown(),
  SourceArn: z.unknown(),
});

const Fields = z.record(z.string(), z.unknown());
const Prefix = z.strictObject({ prefix: z.string() });

/**
 * Returns whether a pattern of EventBridge matches an event. Knows what the template uses: lists of values, `prefix` and
 * `$or`. A list in the event matches if one of its values matches.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesEventPattern(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) {
    const values: readonly unknown[] = Array.isArray(event) ? event : [event];
    return values.some((value) => pattern.some((wanted) => matchesValue(wanted, value)));
  }
  const fields = Fields.safeParse(pattern);
  if (!fields.success) return false;
  const found = Fields.safeParse(event).data ?? {};
  return Object.entries(fields.data).every(([name, wanted]) =>
    name === "$or"
      ? Array.isArray(wanted) && wanted.some((alternative) => matchesEventPattern(alternative, event))
      : matchesEventPattern(wanted, found[name]),
  );
}

function matchesValue(wanted: unknown, value: unknown): boolean {
  const { data } = Prefix.safeParse(wanted);
  return data === undefined ? wanted === value : typeof value === "string" && value.startsWith(data.prefix);
}

const call = (eventName: string, requestParameters: Readonly<Record<string, unknown>>, other = {}) => ({
  source: "aws.ssm",
  "detail-type": "AWS API Call via CloudTrail",
  detail: { eventSource: "ssm.amazonaws.com", eventName, requestParameters },
  ...other,
});
const stored = call("PutParameter", { name: `${PATH}settings` });
const CHANGES = [
  stored,
  call("DeleteParameter", { name: `${PATH}targets/deploys` }),
  call("DeleteParameters", { names: ["/other", `${PATH}tokens/ci`] }),
];
const NO_CHANGES = [
  call("GetParameter", { name: `${PATH}settings` }),
  call("PutParameter", { name: "/cce-job-notifier/dev-eu/settings" }),
  call("DeleteParameters", { names: ["/other/settings", "/cce-job-notifier/dev-eu/settings"] }),
  { ...stored, source: "aws.other" },
  { ...stored, "detail-type": "AWS Service Event via CloudTrail" },
  { ...stored, detail: { ...stored.detail, eventSource: "other.amazonaws.com" } },
];

/** EventBridge invokes `trail` for each change of the stage's own config, and for nothing else. */
export const configChangesInvokeTrail: Rule = (template) => {
  const trail = template.service.functions.find(({ shortName }) => shortName === "trail")?.arn;
  const rule = resourcesOf(template, "AWS::Events::Rule", EventRule).find(({ id }) => id === "ConfigChanges");
  const permission = resourcesOf(template, "AWS::Lambda::Permission", Permission.partial()).find(
    ({ id }) => id === "ConfigChangesPermission",
  );
  const isMatched = (event: unknown) => matchesEventPattern(rule?.properties.EventPattern, event);
  const { FunctionName, Action, Principal, SourceArn } = permission?.properties ?? {};
  const targets = rule?.properties.Targets.map(({ Arn }) => Arn) ?? [];
  return [
    ...CHANGES.filter((event) => !isMatched(event)).map(
      ({ detail }) => `the change by ${detail.eventName} does not invoke trail`,
    ),
    ...NO_CHANGES.filter(isMatched).map((event) => `trail is invoked for ${JSON.stringify(event)}`),
    ...(targets.length === 1 && targets[0] === trail
      ? []
      : ["the changes of the config go to another function"]),
    ...(FunctionName === trail &&
    Action === "lambda:InvokeFunction" &&
    Principal === "events.amazonaws.com" &&
    SourceArn === RULE_ARN
      ? []
      : ["the rule of the config may not invoke trail"]),
  ];
};
