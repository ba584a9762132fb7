import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template } from "./template.ts";

/**
 * An attribute of the SQS queue. SQS accepts attributes only as strings, and a template may contain numbers or
 * booleans.
 */
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
  RedrivePolicy: Redrive.optional(),
});

/** The visibility timeout of an SQS queue whose template sets no visibility timeout. */
const DEFAULT_VISIBILITY_SECONDS = 30;

export interface QueueResource {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly visibilitySeconds: number;
  readonly deadLetterArn: string | null;
  /** The attributes of the queue, as the AWS call `CreateQueue` expects them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Returns the SQS queues of a CloudFormation template, the dead-letter queues first. The dead-letter queues must be
 * created first, because the other queues refer to them.
 */
export function readQueues(template: Template, scope: Scope): readonly QueueResource[] {
  const queues = readResources(template, "AWS::SQS::Queue", Properties, scope).map(
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
  const deadLetterArns = new Set(queues.map(({ deadLetterArn }) => deadLetterArn));
  return [
    ...queues.filter(({ arn }) => deadLetterArns.has(arn)),
    ...queues.filter(({ arn }) => !deadLetterArns.has(arn)),
  ];
}
