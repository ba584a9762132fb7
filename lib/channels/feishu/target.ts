import * as z from "zod/mini";
import { signedChatFields } from "../target-fields.ts";

/** A custom bot of Feishu (Lark). `mention` is an `open_id`, `all`, or a whole `<at>` tag. `secret` signs. */
export const FeishuTarget = z.strictObject({ kind: z.literal("feishu"), ...signedChatFields });
export type FeishuTarget = z.infer<typeof FeishuTarget>;
