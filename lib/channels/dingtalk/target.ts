import * as z from "zod/mini";
import { signedChatFields } from "../target-fields.ts";

/** A custom robot of DingTalk. `mention` is a mobile number, a user ID or `all`. `secret` signs. */
export const DingtalkTarget = z.strictObject({ kind: z.literal("dingtalk"), ...signedChatFields });
export type DingtalkTarget = z.infer<typeof DingtalkTarget>;
