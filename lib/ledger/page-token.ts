import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { Count } from "../domain/zod-fields.ts";

const Position = z.tuple([Count, z.string().check(z.minLength(1), z.maxLength(200))]);

/** The last watch of a page. The next page starts behind it. */
export interface PagePosition {
  readonly acceptedAt: Instant;
  readonly jobId: string;
}

/** A page token was not made by `toPageToken`. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

/** Returns the opaque `next` of a page. */
export function toPageToken({ acceptedAt, jobId }: PagePosition): string {
  return Buffer.from(JSON.stringify([acceptedAt, jobId])).toString("base64url");
}

/**
 * Reads a page token.
 * @throws PageTokenError when `toPageToken` did not make the token.
 */
export function parsePageToken(token: string): PagePosition {
  const position = Position.safeParse(parseJson(Buffer.from(token, "base64url").toString()));
  if (!position.success) throw new PageTokenError("The page token is not valid.");
  return { acceptedAt: position.data[0], jobId: position.data[1] };
}
