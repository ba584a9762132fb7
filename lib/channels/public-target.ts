import * as z from "zod/mini";
import { TargetEvents } from "./channel.ts";
import { WEBHOOK_KIND } from "./webhook/target.ts";

/**
 * A target in the config without the fields that only a delivery needs. Functions that deliver no notifications read
 * targets with `PublicTarget`. `PublicTarget` does not check the kind of a target, because the list of all kinds would
 * add the code of all channels to the package of each function. The notify function and the operators' commands check
 * the kind.
 */
export const PublicTarget = z.strictObject({ kind: z.string(), on: TargetEvents });
export type PublicTarget = z.infer<typeof PublicTarget>;

/**
 * Returns true if people, not programs, read the messages to a kind of target. The service sends a digest (one message
 * about several jobs) only to targets that people read.
 */
export const isChatKind = (kind: string): boolean => kind !== WEBHOOK_KIND;
