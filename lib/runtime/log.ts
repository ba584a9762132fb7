import { Logger } from "@aws-lambda-powertools/logger";

/** One structured line. `message` is from a closed list per call site; values never hold a secret or a URL. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** An error is logged with its stack and its causes. */
  error(message: string, fields?: LogFields, error?: unknown): void;
}

const logger = new Logger();

export const log: Log = {
  info: (message, fields = {}) => logger.info(message, { ...fields }),
  warn: (message, fields = {}) => logger.warn(message, { ...fields }),
  error: (message, fields = {}, error) =>
    logger.error(message, { ...fields, ...(error === undefined ? {} : { error: asError(error) }) }),
};

/** Puts the request ID of this invocation into all its lines. */
export function logWithRequest(requestId: string): void {
  logger.appendKeys({ function_request_id: requestId });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
