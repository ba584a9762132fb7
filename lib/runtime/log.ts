import { AsyncLocalStorage } from "node:async_hooks";
import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";

/** In the log, camelCase names become snake_case. Values never contain a secret or a URL. */
type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * Log lines contain only few standard fields of Powertools, because AWS charges for each byte. The name of the log
 * group shows the service and the function.
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
 * The lowest level of log lines. On Lambda, the log configuration of the function replaces POWERTOOLS_LOG_LEVEL. The
 * log level on Lambda is always INFO, because with a higher level Lambda would also drop metrics.
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
 * Runs a function that processes one request or message. `traceparent` is the trace context of the request or message,
 * or null. Each log line of the function contains `traceparent`, unless the line is about another watch.
 */
export function runWithTraceparent<T>(traceparent: string | null, run: () => T): T {
  return currentTraceparent.run(traceparent, run);
}

/** Fields for all further log lines with the level INFO, and those for warnings and errors. */
let infoKeys: Record<string, string> = {};
let problemKeys: Record<string, string> = {};

/**
 * Adds the request ID to all further log lines.
 * @param lines `problems`: only to warnings and errors
 */
export function addRequestIdToLogs(requestId: string, lines: "all" | "problems" = "all"): void {
  problemKeys = { function_request_id: requestId };
  infoKeys = lines === "all" ? problemKeys : {};
}

/** Returns the fields in snake_case with the current trace context. */
function toLogKeys(fields: LogFields): Record<string, LogFields[string]> {
  const traceparent = currentTraceparent.getStore() ?? null;
  const renamed: Record<string, LogFields[string]> = traceparent === null ? {} : { traceparent };
  for (const [name, value] of Object.entries(fields)) renamed[snakeCase(name)] = value;
  return renamed;
}

const snakeCaseNames = new Map<string, string>();

/** Returns a name in snake_case. Converted names stay in memory, because they are constants of the code. */
function snakeCase(name: string): string {
  const known = snakeCaseNames.get(name);
  if (known !== undefined) return known;
  const converted = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCaseNames.set(name, converted);
  return converted;
}
