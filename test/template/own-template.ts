import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { unzip } from "../../local/package/unzip.ts";
import { resolveIntrinsics } from "../../local/template/intrinsics.ts";
import { createScope } from "../../local/template/scope.ts";
import { readService, type Service } from "../../local/template/service.ts";
import { type Package, readPackage } from "../../local/template/template.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ORIGINS = { sqs: "http://sqs", api: "http://api" };

const Resource = z.object({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  DependsOn: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional(),
  Condition: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const State = z.object({
  service: z.object({ provider: z.object({ stackTags: z.record(z.string(), z.string()).default({}) }) }),
});
const Template = z.object({ Resources: z.record(z.string(), Resource) });
export type OwnResource = z.infer<typeof Resource>;

/** The compiled serverless.yml of this repository, with resolved references. */
export interface OwnTemplate {
  /** The template as it is deployed, with its references. */
  readonly text: string;
  readonly packaged: Package;
  /** The resources with their references, with only the properties that the template has. */
  readonly written: Readonly<Record<string, OwnResource>>;
  readonly resources: Readonly<Record<string, z.infer<typeof Resource>>>;
  readonly service: Service;
  /**
   * The tags that the deployment gives to CloudFormation next to the template. Every resource that supports tags gets
   * the stack's tags.
   */
  readonly stackTags: Readonly<Record<string, string>>;
  /** The code of each function by its name in serverless.yml. */
  readonly bundles: Readonly<Record<string, string>>;
  /** The only alarm that the scenarios of alarms try. Without a value they try all alarms. */
  readonly focus?: string;
}

export const isInFocus = ({ focus }: OwnTemplate, alarm: string) => focus === undefined || focus === alarm;

export async function compileOwnTemplate(): Promise<OwnTemplate> {
  const folder = await packageServiceIfChanged({ serviceDir: ROOT, buildDir: join(ROOT, "build/packages") });
  const packaged = await readPackage(folder);
  const text = await readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  const state = State.parse(JSON.parse(await readFile(join(folder, "serverless-state.json"), "utf8")));
  const service = readService(packaged, ORIGINS);
  const bundles = await Promise.all(
    service.functions.map(async ({ shortName, artifact }) => [
      shortName,
      await codeOf(join(folder, artifact), shortName),
    ]),
  );
  return withResources(
    { text, packaged, stackTags: state.service.provider.stackTags, bundles: Object.fromEntries(bundles) },
    Template.parse(JSON.parse(text)).Resources,
  );
}

/** Returns the template with other resources. Their references are not resolved yet. */
export function withResources(
  { text, packaged, stackTags, bundles }: Pick<OwnTemplate, "text" | "packaged" | "stackTags" | "bundles">,
  Resources: z.infer<typeof Template>["Resources"],
): OwnTemplate {
  const changed = { ...packaged, template: { Resources } };
  const scope = createScope(changed.template, { region: packaged.region, ...ORIGINS });
  return {
    text,
    packaged: changed,
    written: Resources,
    stackTags,
    bundles,
    resources: Template.parse({ Resources: resolveIntrinsics(Resources, scope) }).Resources,
    service: readService(changed, ORIGINS),
  };
}

async function codeOf(zipFile: string, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  try {
    await unzip(zipFile, folder);
    return await readFile(join(folder, `functions/${name}/handler.mjs`), "utf8");
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Returns the resources of one type, with the properties that `schema` reads. */
export function resourcesOf<T>(
  { resources }: Pick<OwnTemplate, "resources">,
  type: string,
  schema: z.ZodType<T>,
): { id: string; properties: T; onRemoval: string }[] {
  return Object.entries(resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({
      id,
      properties: schema.parse(resource.Properties),
      onRemoval: resource.DeletionPolicy ?? "Delete",
    }));
}
