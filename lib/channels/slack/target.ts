import * as z from "zod/mini";
import { chatFields } from "../target-fields.ts";

/** An incoming webhook of Slack. `mention` is Slack markup: `<@U…>`, `<!subteam^S…>`, `<!here>`. */
export const SlackTarget = z.strictObject({ kind: z.literal("slack"), ...chatFields });
export type SlackTarget = z.infer<typeof SlackTarget>;
