import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { resolveIntrinsics, type Scope } from "./intrinsics.ts";

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
export type Resource = z.infer<typeof Resource>;

/** A CloudFormation template with unresolved intrinsic functions. */
export const Template = z.object({ Resources: z.record(z.string(), Resource) });
export type Template = z.infer<typeof Template>;

const State = z.object({
  service: z.object({
    provider: z.object({ region: z.string(), stage: z.string() }),
    functions: z.record(z.string(), z.object({ name: z.string() })),
  }),
});

export interface Package {
  readonly folder: string;
  readonly template: Template;
  readonly region: string;
  /** A map from a function's deployed name to its name in serverless.yml. */
  readonly shortNames: ReadonlyMap<string, string>;
}

/**
 * Reads the CloudFormation template and the Serverless Framework's state file from the output folder of `serverless
 * package`.
 * @throws Error if the folder is not an output folder of `serverless package`.
 */
export async function readPackage(folder: string): Promise<Package> {
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, file), "utf8"));
  const template = Template.parse(await readJson("cloudformation-template-update-stack.json"));
  const { service } = State.parse(await readJson("serverless-state.json"));
  const shortNames = new Map(
    Object.entries(service.functions).map(([shortName, { name }]) => [name, shortName]),
  );
  return { folder, template, region: service.provider.region, shortNames };
}

export class TemplateInvalidError extends Error {
  override name = "TemplateInvalidError";
}

/**
 * Returns the resources of one type in a CloudFormation template. The function resolves references only in the resource
 * properties that `schema` describes, and checks only these properties.
 * @throws TemplateInvalidError that names the resource and the property.
 */
export function readResources<Shape extends z.ZodRawShape>(
  template: Template,
  type: string,
  schema: z.ZodObject<Shape>,
  scope: Scope,
): readonly { logicalId: string; properties: z.infer<z.ZodObject<Shape>> }[] {
  return Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
    if (resource.Type !== type) return [];
    const known = Object.entries(resource.Properties).filter(([name]) => Object.hasOwn(schema.shape, name));
    const parsed = schema.safeParse(resolveIntrinsics(Object.fromEntries(known), scope));
    if (parsed.success) return [{ logicalId, properties: parsed.data }];
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new TemplateInvalidError(`${logicalId} (${type}) is invalid: ${faults.join("; ")}`);
  });
}
