import "../../lib/domain/zod-fields.ts";
import { gunzipSync } from "node:zlib";
import * as z from "zod/mini";
import { parseJson, toObjectOrEmpty } from "../../lib/domain/json.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { createLambdaHandler } from "../../lib/runtime/invocation.ts";
import { logAndCountAct } from "../../lib/runtime/log-act.ts";
import { ConfigChange, logConfigActs } from "./log-config-acts.ts";

/** CloudWatch Logs sends log lines as base64 of compressed JSON. The lines of one event take at most some megabytes. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

const SubscriptionEvent = z.object({ awslogs: z.object({ data: z.string() }) });
const LogLines = z.object({
  messageType: z.string(),
  logEvents: z.array(z.object({ message: z.string() })),
});

/** Each line has the form of a log line already, so the logger must not write it as the message of another line. */
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

export const handler = createLambdaHandler<unknown, void>(async (event) => {
  const change = ConfigChange.safeParse(event);
  if (change.success) logConfigActs(change.data, readEnvironment("CONFIG_PATH").CONFIG_PATH, logAndCountAct);
  else copyActLines(event, writeLine);
});

/**
 * Writes the log lines `act` of an event of CloudWatch Logs unchanged. CloudWatch Logs may send a line twice.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 * @throws ZodError if the event has another form.
 */
export function copyActLines(event: unknown, writeLine: (line: string) => void): void {
  const { data } = SubscriptionEvent.parse(event).awslogs;
  const text = gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: MAX_EVENT_BYTES }).toString();
  const { messageType, logEvents } = LogLines.parse(parseJson(text));
  // CloudWatch Logs sends a control message to check that the function can be reached.
  if (messageType !== "DATA_MESSAGE") return;
  for (const { message } of logEvents) {
    const line = message.trim();
    if (toObjectOrEmpty(parseJson(line)).message === "act") writeLine(line);
  }
}
