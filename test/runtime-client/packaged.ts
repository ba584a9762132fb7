import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RoleSessions } from "../../local/iam/role-sessions.ts";
import { createFunctionEnvironment } from "../../local/lambda/function-environment.ts";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { unzip } from "../../local/package/unzip.ts";
import type { FunctionResource } from "../../local/template/functions.ts";
import { readService } from "../../local/template/service.ts";
import { readPackage } from "../../local/template/template.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** One packaged function of this service, unpacked as Lambda does it. */
export interface Packaged {
  readonly resource: FunctionResource;
  readonly taskRoot: string;
  /** Returns the function's environment. `aws` replaces the URL of every AWS service. */
  environment(aws: string, runtimeApi: string): Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function unpackFunction(name: string): Promise<Packaged> {
  const folder = await packageServiceIfChanged({ serviceDir: ROOT, buildDir: join(ROOT, "build/packages") });
  const service = readService(await readPackage(folder), { sqs: "http://sqs", api: "http://api" });
  const resource = service.functions.find(({ shortName }) => shortName === name);
  if (resource === undefined) throw new Error(`unknown function ${name}`);
  const taskRoot = await mkdtemp(join(tmpdir(), `${name}-`));
  await unzip(join(folder, resource.artifact), taskRoot);
  return {
    resource,
    taskRoot,
    environment: (aws, runtimeApi) =>
      createFunctionEnvironment({
        resource,
        region: service.region,
        taskRoot,
        runtimeApi,
        instanceName: "test",
        credentials: new RoleSessions().of(resource).credentials,
        endpoints: { sqs: aws, dynamodb: aws, ssm: aws },
      }),
    remove: () => rm(taskRoot, { recursive: true }),
  };
}
