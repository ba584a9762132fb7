import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { CallerName, type Instant, JobId } from "../domain/job.ts";
import { parseJsonOrUndefined } from "../domain/json.ts";
import { Count, integerSchema, textSchema } from "../domain/zod-fields.ts";
import type { WatchReadLedger } from "./watch-ledger.ts";

const Position = z.lazy(() => z.tuple([Count, JobId, CallerName]));
/** A page token for readers contains the acceptance time, the job ID, and one byte of a hash of the caller's name. */
const PublicPosition = z.lazy(() => z.tuple([Count, JobId, integerSchema(z.minimum(0), z.maximum(255))]));

/**
 * The maximum length of a page token. The longest page tokens contain a long caller name whose characters JSON must
 * escape.
 */
const MAX_TOKEN_LENGTH = 7000;
const TOKEN_RULE = "must be the value of 'next' from the previous page";

/**
 * The schema `PageToken` checks only the characters and the length of a page token. `parsePageTokenOrThrow` also checks
 * the content of a page token.
 */
export const PageToken = z.lazy(() =>
  textSchema(z.regex(/^[A-Za-z0-9_-]+$/, TOKEN_RULE), z.maxLength(MAX_TOKEN_LENGTH, TOKEN_RULE)),
);

/** The position of the last watch on a page, after which the next page starts. */
export interface PagePosition {
  readonly acceptedAt: Instant;
  readonly jobId: string;
  readonly caller: string;
}

/** The error for a page token that the service did not create. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

/**
 * Returns the internal page token for the position of a watch. The internal page token contains the name of a caller,
 * so API clients must not see it. `replaceCallerByHashInPageTokenOrThrow` creates a page token without the caller name.
 */
export function toInternalPageToken({ acceptedAt, jobId, caller }: PagePosition): string {
  return Buffer.from(JSON.stringify([acceptedAt, jobId, caller])).toString("base64url");
}

/**
 * Returns the position in an internal page token.
 * @throws PageTokenError if `toInternalPageToken` did not create the token.
 */
export function parsePageTokenOrThrow(token: string): PagePosition {
  const text = PageToken.safeParse(token).success ? Buffer.from(token, "base64url").toString() : "";
  const position = Position.safeParse(parseJsonOrUndefined(text));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  const [acceptedAt, jobId, caller] = position.data;
  return { acceptedAt, jobId, caller };
}

/**
 * Returns a page token without the caller name. In place of the name, the page token contains one byte of a hash of the
 * name. A job has few watches, so one byte is enough to distinguish the watches. Many names have the same byte, so the
 * byte does not reveal the caller name.
 * @throws PageTokenError if `toInternalPageToken` did not create the token.
 */
export function replaceCallerByHashInPageTokenOrThrow(token: string): string {
  const { acceptedAt, jobId, caller } = parsePageTokenOrThrow(token);
  return Buffer.from(JSON.stringify([acceptedAt, jobId, callerByte(caller)])).toString("base64url");
}

/**
 * Converts a page token without a caller name to an internal page token. The function finds the caller name among the
 * current watches of the job. If the watch was restarted in the meantime, the function cannot find the name. If the
 * name is not found, the next page starts after all watches with the same acceptance time.
 * @throws PageTokenError if `replaceCallerByHashInPageTokenOrThrow` did not create the token.
 */
export async function restoreCallerInPageTokenOrThrow(
  token: string,
  project: string,
  ledger: Pick<WatchReadLedger, "listJobWatchesNewestFirst">,
): Promise<string> {
  const text = PageToken.safeParse(token).success ? Buffer.from(token, "base64url").toString() : "";
  const position = PublicPosition.safeParse(parseJsonOrUndefined(text));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  const [acceptedAt, jobId, byte] = position.data;
  const watches = await ledger.listJobWatchesNewestFirst({ project, jobId });
  // If several watches have the same byte, the next page starts after the last of these watches.
  const found = watches.findLast(
    (watch) => watch.acceptedAt === acceptedAt && callerByte(watch.caller) === byte,
  );
  return toInternalPageToken({ acceptedAt, jobId, caller: found?.caller ?? FIRST_CALLER });
}

/** In alphabetical order, `a` comes before all caller names. */
const FIRST_CALLER = "a";

function callerByte(caller: string): number {
  return createHash("sha256").update(caller).digest()[0] ?? 0;
}
