import * as z from "zod/mini";
import { TargetEvents } from "./channel.ts";
import { WEBHOOK_KIND } from "./webhook/target.ts";

/**
 * A target of the config without the fields that only a delivery needs. Functions that deliver nothing read targets in
 * this form. The schema does not check the kind, because a list of all kinds would add the code of all channels to each
 * package. The function `notify` and the operators' commands check the kind.
 */
export const PublicTarget = z.strictObject({ kind: z.string(), on: TargetEvents });
export type PublicTarget = z.infer<typeof PublicTarget>;

/**
 * Returns true if people, and not programs, read the messages of this kind of target. Only a target for people gets a
 * digest (one message about several jobs).
 */
export const isChatKind = (kind: string): boolean => kind !== WEBHOOK_KIND;
