import * as z from "zod/mini";
import { CallerName, type Instant, JobId } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { Count } from "../domain/zod-fields.ts";

const Position = z.tuple([Count, JobId, CallerName]);

/** The length of a page token whose caller has the maximum length and only characters that JSON escapes with `\u`. */
const MAX_TOKEN_LENGTH = 7000;
const TOKEN_RULE = "must be the value of 'next' from the previous page";

/** The form of a page token in a request. `parsePageToken` checks the content of the page token. */
export const PageToken = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]+$/, TOKEN_RULE), z.maxLength(MAX_TOKEN_LENGTH, TOKEN_RULE));

/** The position of the last watch on a page of watches. The next page starts after this watch. */
export interface PagePosition {
  readonly acceptedAt: Instant;
  readonly jobId: string;
  readonly caller: string;
}

/** The error for a page token that `toPageToken` did not create. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

/**
 * Returns the page token for a position in the list of watches. A caller gets the page token as the field `next` of a
 * page.
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
