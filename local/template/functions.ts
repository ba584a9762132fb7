import { basename } from "node:path";
import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template } from "./template.ts";

/** Lambda uses these defaults if the template does not set the property of a function. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

const Properties = z.object({
  FunctionName: z.string(),
  Handler: z.string().regex(/^[^.]+(\.[^.]+)+$/, "must be a module path, a dot and the name of an export"),
  Code: z.object({ S3Key: z.string() }),
  Timeout: z.coerce.number().int().min(1).max(900).default(DEFAULT_TIMEOUT_SECONDS),
  MemorySize: z.coerce.number().int().min(128).max(10_240).default(DEFAULT_MEMORY_MB),
  RecursiveLoop: z.enum(["Allow", "Terminate"]).default("Terminate"),
  ReservedConcurrentExecutions: z.coerce.number().int().min(0).optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()) }).optional(),
  LoggingConfig: z.object({ LogFormat: z.string(), ApplicationLogLevel: z.string() }).optional(),
  Role: z.string(),
});

/**
 * Returns the Lambda functions that a CloudFormation template describes. `shortNames` is a map from a function's
 * deployed name to its name in serverless.yml.
 */
export function readFunctions(template: Template, scope: Scope, shortNames: ReadonlyMap<string, string>) {
  return readResources(template, "AWS::Lambda::Function", Properties, scope).map(
    ({ logicalId, properties }) => ({
      logicalId,
      /** The deployed name of the function on AWS. */
      name: properties.FunctionName,
      /** The name of the function in serverless.yml. */
      shortName: shortNames.get(properties.FunctionName) ?? properties.FunctionName,
      arn: scope.getAtt(logicalId, "Arn"),
      handler: properties.Handler,
      /** The name of the function's zip file in the package folder. */
      artifact: basename(properties.Code.S3Key),
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      recursiveLoop: properties.RecursiveLoop,
      reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
      environment: properties.Environment?.Variables ?? {},
      roleArn: properties.Role,
      logging: properties.LoggingConfig ?? null,
    }),
  );
}
export type FunctionResource = Readonly<ReturnType<typeof readFunctions>[number]>;
