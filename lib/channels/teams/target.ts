import * as z from "zod/mini";
import { chatFields } from "../target-fields.ts";

/** A workflow of Microsoft Teams. `mention` is a user's address or object ID. */
export const TeamsTarget = z.strictObject({ kind: z.literal("teams"), ...chatFields });
export type TeamsTarget = z.infer<typeof TeamsTarget>;
