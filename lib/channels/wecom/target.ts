import * as z from "zod/mini";
import { chatFields } from "../target-fields.ts";

/** A group robot of WeCom. `mention` is a user ID, or a whole `<@…>` tag. */
export const WecomTarget = z.strictObject({ kind: z.literal("wecom"), ...chatFields });
export type WecomTarget = z.infer<typeof WecomTarget>;
