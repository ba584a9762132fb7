import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { Count } from "../domain/zod-fields.ts";
import { PageTokenError } from "./watch-ledger.ts";

const Position = z.tuple([Count, z.string().check(z.minLength(1), z.maxLength(200))]);

/** The place of a watch in the list of a project's latest ones. */
export interface PagePosition {
  readonly acceptedAt: Instant;
  readonly jobId: string;
}

/** Makes the opaque `next` of a page that ended at this watch. */
export function pageToken({ acceptedAt, jobId }: PagePosition): string {
  return Buffer.from(JSON.stringify([acceptedAt, jobId])).toString("base64url");
}

/** Reads a token made by `pageToken`. Throws `PageTokenError` for anything else. */
export function readPageToken(token: string): PagePosition {
  let json: unknown = null;
  try {
    json = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    json = null;
  }
  const position = Position.safeParse(json);
  if (!position.success) throw new PageTokenError("not a page of this list");
  return { acceptedAt: position.data[0], jobId: position.data[1] };
}
