import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
export type Resource = z.infer<typeof Resource>;

/** A CloudFormation template, as far as the embedded stack reads it; intrinsic functions still in place. */
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
  /** A function's deployed name to the short one it has in serverless.yml. */
  readonly shortNames: ReadonlyMap<string, string>;
}

/** Reads what `serverless package` left in `folder`; throws when it is no such folder. */
export async function readPackage(folder: string): Promise<Package> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, file), "utf8"));
  const template = Template.parse(await read("cloudformation-template-update-stack.json"));
  const { service } = State.parse(await read("serverless-state.json"));
  const shortNames = new Map(Object.entries(service.functions).map(([short, { name }]) => [name, short]));
  return { folder, template, region: service.provider.region, shortNames };
}
