import * as z from "zod/mini";
import { textSchema } from "./zod-fields.ts";

const NAME_RULE = "must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit";
/** The name of a project, target or token in the config. */
export const Name = textSchema(z.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, NAME_RULE));
