import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { resourcesOf } from "./resources.ts";
import type { Template } from "./template.ts";

/** CloudFormation takes numbers and booleans as text, too; SQS takes every attribute as text. */
const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const attributes = {
  ContentBasedDeduplication: Scalar.optional(),
  DelaySeconds: Scalar.optional(),
  FifoQueue: Scalar.optional(),
  KmsMasterKeyId: Scalar.optional(),
  MaximumMessageSize: Scalar.optional(),
  MessageRetentionPeriod: Scalar.optional(),
  ReceiveMessageWaitTimeSeconds: Scalar.optional(),
  SqsManagedSseEnabled: Scalar.optional(),
  VisibilityTimeout: Scalar.optional(),
};
const Redrive = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int().min(1),
});
const Properties = z.object({
  QueueName: z.string().optional(),
  ...attributes,
  /** CloudFormation's name, in seconds like the attribute. */
  RedrivePolicy: Redrive.optional(),
});

/** SQS: a message that was received stays hidden for 30 s where the queue says nothing else. */
const DEFAULT_VISIBILITY_SECONDS = 30;

export interface QueueResource {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly visibilitySeconds: number;
  readonly deadLetterArn: string | null;
  /** As `CreateQueue` takes them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The queues of a template, dead-letter queues first, so that each exists before it is pointed at. */
export function readQueues(template: Template, scope: Scope): readonly QueueResource[] {
  const queues = resourcesOf(template, "AWS::SQS::Queue", Properties, scope).map(
    ({ logicalId, properties: { QueueName, RedrivePolicy, ...plain } }): QueueResource => ({
      logicalId,
      name: QueueName ?? logicalId,
      arn: scope.getAtt(logicalId, "Arn"),
      url: scope.ref(logicalId),
      fifo: plain.FifoQueue === "true",
      visibilitySeconds: Number(plain.VisibilityTimeout ?? DEFAULT_VISIBILITY_SECONDS),
      deadLetterArn: RedrivePolicy?.deadLetterTargetArn ?? null,
      attributes: {
        ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
        ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
      },
    }),
  );
  const pointedAt = new Set(queues.map((queue) => queue.deadLetterArn));
  return [
    ...queues.filter(({ arn }) => pointedAt.has(arn)),
    ...queues.filter(({ arn }) => !pointedAt.has(arn)),
  ];
}
