import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { resourcesOf } from "./resources.ts";
import type { Template } from "./template.ts";

const Properties = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(10),
  MaximumBatchingWindowInSeconds: z.coerce.number().int().min(0).max(300).default(0),
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number().int().min(2).max(1000) }).optional(),
  FunctionResponseTypes: z.array(z.string()).default([]),
  Enabled: z.union([z.boolean(), z.stringbool()]).default(true),
});

/** A queue that feeds a function. */
export interface EventSource {
  readonly logicalId: string;
  readonly queueArn: string;
  /** ARN or name. */
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly maximumConcurrency: number | null;
  readonly reportsBatchItemFailures: boolean;
}

/** The event source mappings of a template that are switched on. */
export function readEventSources(template: Template, scope: Scope): readonly EventSource[] {
  return resourcesOf(template, "AWS::Lambda::EventSourceMapping", Properties, scope)
    .filter(({ properties }) => properties.Enabled)
    .map(({ logicalId, properties }) => ({
      logicalId,
      queueArn: properties.EventSourceArn,
      functionName: properties.FunctionName,
      batchSize: properties.BatchSize,
      batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? null,
      reportsBatchItemFailures: properties.FunctionResponseTypes.includes("ReportBatchItemFailures"),
    }));
}
