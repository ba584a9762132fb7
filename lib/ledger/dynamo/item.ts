import "../../domain/zod-fields.ts";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { fromAttributes } from "./attributes.ts";

/** The version every item carries. A reader accepts its own and all earlier ones. */
export const ITEM_VERSION = 1;

/** An item was written by a later release: this one must not guess what it means. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";
}

const Version = z.object({ v: z.int() });

/**
 * Parses an item with `schema`. Throws `NewerItemError` when a later release wrote it, and zod's error, which
 * names fields but no values, when it is not such an item at all.
 */
export function readItem<T>(schema: z.ZodMiniType<T>, item: Readonly<Record<string, AttributeValue>>): T {
  const plain = fromAttributes(item);
  const { v } = Version.parse(plain);
  if (v > ITEM_VERSION)
    throw new NewerItemError(`ledger item of version ${v}; this release reads ${ITEM_VERSION}`);
  return schema.parse(plain);
}

/** Time to live as DynamoDB wants it: whole seconds since 1970. */
export function timeToLive(expiresAt: Instant): number {
  return Math.ceil(expiresAt / 1000);
}
