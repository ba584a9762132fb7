import { AsyncLocalStorage } from "node:async_hooks";
import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";

/**
 * The log writes a camelCase name of a field in snake_case. The values of the fields never contain a secret or a URL.
 */
type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * AWS charges for each byte of the log, so each log line has only those standard fields of Powertools that help to find
 * a log line. The name of the log group says which service and which function wrote the line.
 */
class LineFormatter extends LogFormatter {
  formatAttributes(...[standard, fields]: Parameters<LogFormatter["formatAttributes"]>): LogItem {
    const { logLevel: level, message, timestamp } = standard;
    const attributes = { level, message, timestamp: this.formatTimestamp(timestamp) };
    return new LogItem({ attributes }).addAttributes(fields);
  }
}

const logger = new Logger({ logFormatter: new LineFormatter() });

/**
 * The lowest level of log lines. On Lambda, the logger ignores POWERTOOLS_LOG_LEVEL and takes the level from the log
 * configuration of the Lambda function. The application log level of Lambda is always INFO, because Lambda would
 * otherwise also drop the metric records.
 */
const { POWERTOOLS_LOG_LEVEL: lowestLevel = "INFO" } = process.env;
const HAS_INFO = !["WARN", "ERROR"].includes(lowestLevel);
const HAS_WARN = lowestLevel !== "ERROR";

export const log = {
  info(message: string, fields: LogFields) {
    if (HAS_INFO) logger.info(message, { ...infoKeys, ...toLogKeys(fields) });
  },
  warn(message: string, fields: LogFields) {
    if (HAS_WARN) logger.warn(message, { ...problemKeys, ...toLogKeys(fields) });
  },
  /** Writes a log line with the error, its stack and its causes. */
  error(message: string, fields: LogFields, error?: unknown) {
    const logged = error === undefined || error instanceof Error ? error : new Error(String(error));
    const keys = { ...problemKeys, ...toLogKeys(fields) };
    logger.error(message, { ...keys, ...(logged === undefined ? {} : { error: logged }) });
  },
};

const currentTraceparent = new AsyncLocalStorage<string | null>();

/**
 * Runs a function that handles one request or one message. `traceparent` is the W3C trace context of the request or of
 * the message, or null. Each log line of the function contains this trace context, unless the fields of the log line
 * contain the trace context of another watch.
 */
export function runWithTraceparent<T>(traceparent: string | null, run: () => T): T {
  return currentTraceparent.run(traceparent, run);
}

/** The fields that all further log lines with the level INFO contain, and those of all warnings and errors. */
let infoKeys: Record<string, string> = {};
let problemKeys: Record<string, string> = {};

/**
 * Adds the request ID of a Lambda invocation to all further log lines.
 * @param lines `problems` adds the request ID only to warnings and errors
 */
export function addRequestIdToLogs(requestId: string, lines: "all" | "problems" = "all"): void {
  problemKeys = { function_request_id: requestId };
  infoKeys = lines === "all" ? problemKeys : {};
}

/** Returns the fields with names in snake_case, together with the current trace context. */
function toLogKeys(fields: LogFields): Record<string, LogFields[string]> {
  const traceparent = currentTraceparent.getStore() ?? null;
  const renamed: Record<string, LogFields[string]> = traceparent === null ? {} : { traceparent };
  for (const [name, value] of Object.entries(fields)) renamed[snakeCase(name)] = value;
  return renamed;
}

const snakeCaseNames = new Map<string, string>();

/**
 * Returns the name of a log field in snake_case. The names of log fields are constants in the code, so the converted
 * names can stay in memory.
 */
function snakeCase(name: string): string {
  const known = snakeCaseNames.get(name);
  if (known !== undefined) return known;
  const converted = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCaseNames.set(name, converted);
  return converted;
}
