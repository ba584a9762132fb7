import * as z from "zod/mini";
import { chatFields } from "../target-fields.ts";

/** A webhook of Discord. `mention` is `<@USER>`, `<@&ROLE>`, `@everyone` or `@here`. */
export const DiscordTarget = z.strictObject({ kind: z.literal("discord"), ...chatFields });
export type DiscordTarget = z.infer<typeof DiscordTarget>;
