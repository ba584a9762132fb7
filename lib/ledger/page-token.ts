import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { CallerName, type Instant, JobId } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { Count } from "../domain/zod-fields.ts";
import type { WatchReadLedger } from "./watch-ledger.ts";

const Position = z.tuple([Count, JobId, CallerName]);
/** The position of a watch without the name of its caller. The last number distinguishes the callers of a job. */
const PublicPosition = z.tuple([Count, JobId, z.int().check(z.minimum(0), z.maximum(255))]);

/** The length of a page token whose caller has the maximum length and only characters that JSON escapes with `\u`. */
const MAX_TOKEN_LENGTH = 7000;
const TOKEN_RULE = "must be the value of 'next' from the previous page";

/** The form of a page token in a request. `parsePageToken` checks the content of the page token. */
export const PageToken = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]+$/, TOKEN_RULE), z.maxLength(MAX_TOKEN_LENGTH, TOKEN_RULE));

/**
 * The position of the last watch on a page of watches. The next page starts after the last watch of the page before.
 */
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
 * Returns the page token for a position in the list of watches. The page token contains the name of a caller, so only
 * the ledger gets the page token. The readers of the job list get the page token from `toPublicPageToken`.
 */
export function toPageToken({ acceptedAt, jobId, caller }: PagePosition): string {
  return Buffer.from(JSON.stringify([acceptedAt, jobId, caller])).toString("base64url");
}

/**
 * Returns the position in the list of watches from a page token.
 * @throws PageTokenError if `toPageToken` did not create the token.
 */
export function parsePageToken(token: string): PagePosition {
  const text = PageToken.safeParse(token).success ? Buffer.from(token, "base64url").toString() : "";
  const position = Position.safeParse(parseJson(text));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  const [acceptedAt, jobId, caller] = position.data;
  return { acceptedAt, jobId, caller };
}

/**
 * Returns the page token for readers of the job list: the token of the ledger with one byte of a hash in place of the
 * name of the caller. One byte distinguishes the few watches of a job. One byte does not reveal the name, because many
 * names have the same byte.
 * @throws PageTokenError if `toPageToken` did not create the token.
 */
export function toPublicPageToken(token: string): string {
  const { acceptedAt, jobId, caller } = parsePageToken(token);
  return Buffer.from(JSON.stringify([acceptedAt, jobId, callerByte(caller)])).toString("base64url");
}

/**
 * Returns the page token for the ledger from the page token of a reader. If no watch of the job has the position any
 * more, for example after a restart, the page continues after all watches of the job with the same acceptance time.
 * @throws PageTokenError if `toPublicPageToken` did not create the token.
 */
export async function resolveLedgerPageToken(
  token: string,
  project: string,
  ledger: Pick<WatchReadLedger, "listJobWatches">,
): Promise<string> {
  const text = PageToken.safeParse(token).success ? Buffer.from(token, "base64url").toString() : "";
  const position = PublicPosition.safeParse(parseJson(text));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  const [acceptedAt, jobId, byte] = position.data;
  const watches = await ledger.listJobWatches({ project, jobId });
  // With the same byte, the list continues after the last of these watches.
  const found = watches.findLast(
    (watch) => watch.acceptedAt === acceptedAt && callerByte(watch.caller) === byte,
  );
  return toPageToken({ acceptedAt, jobId, caller: found?.caller ?? FIRST_CALLER });
}

/** A name below the names of all callers. */
const FIRST_CALLER = "a";

function callerByte(caller: string): number {
  return createHash("sha256").update(caller).digest()[0] ?? 0;
}
