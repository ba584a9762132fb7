import type * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { resolve } from "./intrinsics.ts";
import type { Template } from "./template.ts";

export class TemplateInvalidError extends Error {
  override name = "TemplateInvalidError";
}

/**
 * The resources of one type with their properties read by `schema`, intrinsic functions resolved in the named
 * properties only: others may hold what has no meaning here. Throws `TemplateInvalidError` naming resource and property.
 */
export function resourcesOf<Shape extends z.ZodRawShape>(
  template: Template,
  type: string,
  shape: z.ZodObject<Shape>,
  scope: Scope,
): readonly { logicalId: string; properties: z.infer<z.ZodObject<Shape>> }[] {
  const names = Object.keys(shape.shape);
  return Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
    if (resource.Type !== type) return [];
    const wanted = Object.entries(resource.Properties).filter(([name]) => names.includes(name));
    const parsed = shape.safeParse(resolve(Object.fromEntries(wanted), scope));
    if (parsed.success) return [{ logicalId, properties: parsed.data }];
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new TemplateInvalidError(`${logicalId} (${type}) cannot be read: ${faults.join("; ")}`);
  });
}
