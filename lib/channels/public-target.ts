import * as z from "zod/mini";
import { TargetEvents } from "./channel.ts";
import { WEBHOOK_KIND } from "./webhook/target.ts";

/**
 * The fields of a target in the config that do not concern a delivery. Functions that send no notifications use only
 * these fields. The schema accepts any kind, because a list of all kinds would add the code of all channels to each
 * package. The function `notify` and the operators' commands check whether the kind exists.
 */
export const PublicTarget = z.strictObject({ kind: z.string(), on: TargetEvents });
export type PublicTarget = z.infer<typeof PublicTarget>;

/**
 * Returns true if targets of this kind are chats, which people read. Only chats get digests (one message about several
 * jobs).
 */
export const isChatKind = (kind: string): boolean => kind !== WEBHOOK_KIND;
