import { computeUnreservedConcurrency, DEFAULT_ACCOUNT_CONCURRENCY } from "../lambda/concurrency-pool.ts";
import type { FunctionResource } from "./functions.ts";
import { decidePermission } from "./grants.ts";
import type { QueueResource } from "./queues.ts";
import type { Service } from "./service.ts";
import type { EventSourceMapping } from "./triggers.ts";

/**
 * AWS recommends that a queue's visibility timeout is at least six times its function's timeout. With such a long
 * visibility timeout, Lambda can retry a batch whose invocation was throttled.
 */
const VISIBILITY_FACTOR = 6;
/** The largest batch size that Lambda accepts for an event source mapping without a batching window. */
const MAX_BATCH_WITHOUT_WINDOW = 10;
/** The number of executions that an account must keep for functions without reserved concurrency. */
const MIN_UNRESERVED_CONCURRENCY = 100;
/**
 * The IAM actions that the role of a function needs for an event source mapping. Lambda refuses the event source
 * mapping if the role does not allow all actions in this list.
 */
const REQUIRED_ACTIONS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/**
 * Returns one text for each error in a CloudFormation template. A template with an error makes the deployment or the
 * running service fail.
 */
export function findDeploymentFaults(
  service: Service,
  accountConcurrency = DEFAULT_ACCOUNT_CONCURRENCY,
): readonly string[] {
  return [
    ...concurrencyFaults(service, accountConcurrency),
    ...service.eventSources.flatMap((mapping) => eventSourceFaults(service, mapping)),
    ...service.queues.flatMap((queue) => redriveFaults(service, queue)),
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
function concurrencyFaults({ functions }: Service, accountConcurrency: number): readonly string[] {
  const unreserved = computeUnreservedConcurrency(accountConcurrency, functions);
  const required = Math.min(MIN_UNRESERVED_CONCURRENCY, accountConcurrency);
  if (unreserved >= required) return [];
  return [
    `the reserved concurrency of all functions leaves ${unreserved} of the account's ${accountConcurrency} concurrent ` +
      `executions. Lambda requires that at least ${required} are not reserved.`,
  ];
}

function eventSourceFaults(service: Service, mapping: EventSourceMapping): readonly string[] {
  const { functionName, queueArn, logicalId } = mapping;
  const consumer = service.functions.find(({ arn, name }) => [arn, name].includes(functionName));
  const queue = service.queues.find(({ arn }) => arn === queueArn);
  if (!consumer || !queue)
    return [`${logicalId}: the template does not contain both its queue and its function.`];
  return [
    ...recursionFaults(service, consumer, queue),
    ...visibilityFaults(consumer, queue),
    ...batchFaults(service, mapping, consumer, queue),
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
function recursionFaults(
  service: Service,
  { shortName, recursiveLoop, roleArn }: FunctionResource,
  { name, arn }: QueueResource,
): readonly string[] {
  if (recursiveLoop === "Allow") return [];
  if (decidePermission(service, { roleArn, action: "sqs:SendMessage", resource: arn }) !== "allowed")
    return [];
  return [
    `${shortName}: the queue ${name} invokes this function, and the function may send to that queue. Lambda stops such ` +
      "a loop after about 16 rounds without an error, so a long job would never be reported. Set recursiveLoop: Allow " +
      "if the loop has its own limits. Otherwise remove sqs:SendMessage on that queue from the function's role.",
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function visibilityFaults(
  { shortName, timeoutSeconds }: FunctionResource,
  { name, visibilitySeconds }: QueueResource,
): readonly string[] {
  const requiredSeconds = VISIBILITY_FACTOR * timeoutSeconds;
  if (visibilitySeconds >= requiredSeconds) return [];
  return [
    `${name}: the visibility timeout is ${visibilitySeconds} s. It must be at least ${requiredSeconds} s, which is ` +
      `${VISIBILITY_FACTOR} times the timeout of ${shortName} (${timeoutSeconds} s). With a shorter one, a message ` +
      "returns during its first delivery and is handled twice.",
  ];
}

function batchFaults(
  service: Service,
  mapping: EventSourceMapping,
  { shortName, roleArn }: FunctionResource,
  queue: QueueResource,
): readonly string[] {
  const { batchSize, batchingWindowSeconds, reportsBatchItemFailures } = mapping;
  const isLarge = batchSize > MAX_BATCH_WITHOUT_WINDOW;
  const faults = [
    ...(reportsBatchItemFailures
      ? []
      : [
          "functionResponseType: ReportBatchItemFailures is missing. Without it Lambda ignores the function's " +
            "batchItemFailures and deletes the failed messages.",
        ]),
    ...(isLarge && queue.fifo
      ? [`a FIFO queue allows at most ${MAX_BATCH_WITHOUT_WINDOW} messages per batch.`]
      : []),
    ...(isLarge && !queue.fifo && batchingWindowSeconds < 1
      ? [
          `a batch of more than ${MAX_BATCH_WITHOUT_WINDOW} messages requires a maximumBatchingWindow of at least 1 s.`,
        ]
      : []),
    ...(batchingWindowSeconds > 0 && queue.fifo
      ? ["a FIFO queue does not allow a maximumBatchingWindow."]
      : []),
    ...REQUIRED_ACTIONS.filter(
      (action) => decidePermission(service, { roleArn, action, resource: queue.arn }) !== "allowed",
    ).map(
      (action) => `the function's role lacks ${action} on this queue, so Lambda refuses the event source.`,
    ),
  ];
  return faults.map((fault) => `${shortName}, event source ${queue.name}: ${fault}`);
}

function redriveFaults({ queues }: Service, queue: QueueResource): readonly string[] {
  if (queue.deadLetterArn === null) return [];
  const deadLetterQueue = queues.find(({ arn }) => arn === queue.deadLetterArn);
  if (!deadLetterQueue) return [`${queue.name}: the dead-letter queue is not in the template.`];
  if (deadLetterQueue.fifo === queue.fifo) return [];
  return [
    `${queue.name}: the dead-letter queue of a ${queue.fifo ? "FIFO" : "standard"} queue must be ${queue.fifo ? "FIFO" : "standard"} too.`,
  ];
}
