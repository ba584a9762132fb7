import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { Count } from "../domain/zod-fields.ts";

const Position = z.tuple([Count, z.string().check(z.minLength(1), z.maxLength(200))]);

/** The position of the last watch on a page. The next page starts after the last watch. */
export interface PagePosition {
  readonly acceptedAt: Instant;
  readonly jobId: string;
}

/** The error for a page token that `toPageToken` did not make. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

/** Returns a page position as an opaque token for the `next` field of a page. */
export function toPageToken({ acceptedAt, jobId }: PagePosition): string {
  return Buffer.from(JSON.stringify([acceptedAt, jobId])).toString("base64url");
}

/**
 * Returns the page position of a page token.
 * @throws PageTokenError when `toPageToken` did not make the token.
 */
export function parsePageToken(token: string): PagePosition {
  const position = Position.safeParse(parseJson(Buffer.from(token, "base64url").toString()));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  return { acceptedAt: position.data[0], jobId: position.data[1] };
}
