import { AsyncLocalStorage } from "node:async_hooks";
import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";

/** Names in camelCase become snake_case in the log. The values of log fields contain no secrets and no URLs. */
type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * A log line contains only a few of Powertools' standard fields, because AWS charges for each byte. For example, the
 * name of the service is omitted, because the name of the log group already contains it.
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
 * The lowest level of the log lines that the service writes. On Lambda, the log configuration of the function has
 * priority over POWERTOOLS_LOG_LEVEL. On Lambda, the log level must be INFO. With a higher log level, Lambda would not
 * only omit log lines, but also metrics.
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
  /** Writes an error with its stack and its causes. */
  error(message: string, fields: LogFields, error?: unknown) {
    const logged = error === undefined || error instanceof Error ? error : new Error(String(error));
    const keys = { ...problemKeys, ...toLogKeys(fields) };
    logger.error(message, { ...keys, ...(logged === undefined ? {} : { error: logged }) });
  },
};

const currentTraceparent = new AsyncLocalStorage<string | null>();

/**
 * Runs a function that handles one request or one message. All log lines that the function writes contain
 * `traceparent`, the trace context of the request or message. A log line about another watch does not contain this
 * trace context.
 */
export function runWithTraceparentInLogs<T>(traceparent: string | null, run: () => T): T {
  return currentTraceparent.run(traceparent, run);
}

/**
 * Every log line with the level INFO contains the fields in `infoKeys`. Every warning and every error contains the
 * fields in `problemKeys`.
 */
let infoKeys: Record<string, string> = {};
let problemKeys: Record<string, string> = {};

/**
 * Adds the request ID to all log lines from now on.
 * @param lines with `problems`, only warnings and errors contain the request ID
 */
export function addRequestIdToLogs(requestId: string, lines: "all" | "problems" = "all"): void {
  problemKeys = { function_request_id: requestId };
  infoKeys = lines === "all" ? problemKeys : {};
}

/** Converts the names of fields to snake_case, and adds the current trace context. */
function toLogKeys(fields: LogFields): Record<string, LogFields[string]> {
  const traceparent = currentTraceparent.getStore() ?? null;
  const renamed: Record<string, LogFields[string]> = traceparent === null ? {} : { traceparent };
  for (const [name, value] of Object.entries(fields)) renamed[snakeCase(name)] = value;
  return renamed;
}

const snakeCaseNames = new Map<string, string>();

function snakeCase(name: string): string {
  const known = snakeCaseNames.get(name);
  if (known !== undefined) return known;
  const converted = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCaseNames.set(name, converted);
  return converted;
}
