import { Logger } from "@aws-lambda-powertools/logger";

/** The fields of a log line. Values never contain a secret or a URL. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Logs the error with its stack and its causes. */
  error(message: string, fields?: LogFields, error?: unknown): void;
}

const logger = new Logger();

export const log: Log = {
  info: (message, fields = {}) => logger.info(message, { ...fields }),
  warn: (message, fields = {}) => logger.warn(message, { ...fields }),
  error: (message, fields = {}, error) =>
    logger.error(message, { ...fields, ...(error === undefined ? {} : { error: asError(error) }) }),
};

/** Adds the request ID of this invocation to all its log lines. */
export function logWithRequest(requestId: string): void {
  logger.appendKeys({ function_request_id: requestId });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
