import "../../lib/domain/zod-fields.ts";
import { gunzipSync } from "node:zlib";
import * as z from "zod/mini";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../../lib/domain/json.ts";
import { readEnvironmentOrThrow } from "../../lib/runtime/environment.ts";
import { createLambdaHandler } from "../../lib/runtime/invocation.ts";
import { type Act, createConfigAct, logActAndCountIfStop } from "../../lib/runtime/log-act.ts";

/** The maximum size of the log lines in one event after decompression, in bytes. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const SubscriptionEvent = z.object({ awslogs: z.object({ data: z.string() }) });
const LogLines = z.object({
  messageType: z.string(),
  logEvents: z.array(z.object({ message: z.string() })),
});

const UNKNOWN = "unknown";

/** An event about a call of Parameter Store. CloudTrail records the call, and EventBridge sends the event. */
export const ConfigChange = z.object({
  detail: z.object({
    eventName: z.string(),
    errorCode: z.optional(z.string()),
    sourceIPAddress: z.optional(z.string()),
    userIdentity: z.object({ arn: z.optional(z.string()), principalId: z.optional(z.string()) }),
    requestParameters: z.object({ name: z.optional(z.string()), names: z.optional(z.array(z.string())) }),
  }),
});

/**
 * Writes a complete log line to the standard output. The function uses no logger, because a logger would add fields to
 * the log line.
 */
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

export const handler = createLambdaHandler<unknown, void>(async (event) => {
  const change = ConfigChange.safeParse(event);
  if (change.success)
    reportConfigChangesAsActs(
      change.data,
      readEnvironmentOrThrow("CONFIG_PATH").CONFIG_PATH,
      logActAndCountIfStop,
    );
  else writeActLinesOfLogEventOrThrow(event, writeLine);
});

/**
 * Writes the log lines `act` from an event of CloudWatch Logs, and does not change these lines. CloudWatch Logs may
 * send a line twice.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 * @throws ZodError if the event has another form.
 */
export function writeActLinesOfLogEventOrThrow(event: unknown, writeLine: (line: string) => void): void {
  const { data } = SubscriptionEvent.parse(event).awslogs;
  const text = gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: MAX_EVENT_BYTES }).toString();
  const { messageType, logEvents } = LogLines.parse(parseJsonOrUndefined(text));
  // With a message of the type `CONTROL_MESSAGE`, AWS only checks that it can reach the function.
  if (messageType !== "DATA_MESSAGE") return;
  for (const { message } of logEvents) {
    const line = message.trim();
    if (toObjectOrEmpty(parseJsonOrUndefined(line)).message === "act") writeLine(line);
  }
}

/**
 * Writes a log line `act` for each config entry that somebody has stored or removed in Parameter Store. The event does
 * not contain the value of an entry. AWS may send an event twice.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * @param path the path of the config in SSM Parameter Store.
 */
export function reportConfigChangesAsActs(
  { detail }: z.infer<typeof ConfigChange>,
  path: string,
  onAct: (act: Act) => void,
): void {
  const { eventName, errorCode, sourceIPAddress = UNKNOWN, userIdentity, requestParameters } = detail;
  if (errorCode !== undefined) return;
  const { name, names = [] } = requestParameters;
  for (const parameter of name === undefined ? names : [name]) {
    if (!parameter.startsWith(`${path}/`)) continue;
    onAct(
      createConfigAct(parameter.slice(path.length + 1), {
        isRemoval: eventName.startsWith("Delete"),
        who: userIdentity.arn ?? userIdentity.principalId ?? UNKNOWN,
        from: sourceIPAddress,
      }),
    );
  }
}
