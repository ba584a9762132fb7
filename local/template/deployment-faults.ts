import type { EventSource } from "./event-sources.ts";
import type { FunctionResource } from "./functions.ts";
import { isAllowed } from "./grants.ts";
import type { QueueResource } from "./queues.ts";
import type { Service } from "./service.ts";

/** AWS's advice for a queue that feeds a function, which leaves room for retries of a throttled batch. */
const VISIBILITY_FACTOR = 6;
/** What SQS hands out at once, and so the largest batch without a window in which to gather more. */
const LARGEST_PLAIN_BATCH = 10;
/** What Lambda needs of a queue that feeds a function; without it the mapping is refused. */
const NEEDED_ACTIONS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/**
 * Judges a service as AWS would, at deployment or in the middle of the night: one sentence for every fault, each
 * with its reason. None: it may be put up.
 */
export function judge(service: Service): readonly string[] {
  return [
    ...service.eventSources.flatMap((source) => judgeSource(service, source)),
    ...service.queues.flatMap((queue) => judgeRedrive(service, queue)),
  ];
}

function judgeSource(service: Service, source: EventSource): readonly string[] {
  const fed = service.functions.find(({ arn, name }) => [arn, name].includes(source.functionName));
  const queue = service.queues.find(({ arn }) => arn === source.queueArn);
  if (!fed || !queue)
    return [`${source.logicalId}: it joins a queue and a function, and the template does not hold both`];
  return [
    ...judgeLoop(service, fed, queue),
    ...judgeTimes(fed, queue),
    ...judgeBatch(service, source, fed, queue),
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
function judgeLoop({ grants }: Service, fed: FunctionResource, queue: QueueResource): readonly string[] {
  if (fed.recursiveLoop === "Allow") return [];
  if (!isAllowed(grants, { roleArn: fed.roleArn, action: "sqs:SendMessage", resource: queue.arn })) return [];
  return [
    `${fed.shortName}: it is fed by the queue ${queue.name} and may send to it. Lambda counts such hops and stops ` +
      "the function after about 16 of them, in lastPollError: a job that takes longer would never be reported. Set " +
      "recursiveLoop: Allow if the loop ends by bounds of its own, or take sqs:SendMessage on that queue from its role.",
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
function judgeTimes(fed: FunctionResource, queue: QueueResource): readonly string[] {
  const needed = VISIBILITY_FACTOR * fed.timeoutSeconds;
  if (queue.visibilitySeconds >= needed) return [];
  return [
    `${queue.name}: its visibility timeout is ${queue.visibilitySeconds} s, and must be at least ` +
      `${VISIBILITY_FACTOR} times the ${fed.timeoutSeconds} s that ${fed.shortName} may take, ${needed} s. ` +
      "With less, a message comes back while its first delivery is still at work, and is handled twice.",
  ];
}

function judgeBatch(
  { grants }: Service,
  source: EventSource,
  fed: FunctionResource,
  queue: QueueResource,
): readonly string[] {
  const faults: string[] = [];
  const where = `${fed.shortName}, fed by ${queue.name}`;
  if (!source.reportsBatchItemFailures)
    faults.push(
      `${where}: functionResponseType: ReportBatchItemFailures is missing. Lambda would not read the function's ` +
        "batchItemFailures and would delete the messages named there.",
    );
  if (source.batchSize > LARGEST_PLAIN_BATCH && queue.fifo)
    faults.push(`${where}: a FIFO queue gives at most ${LARGEST_PLAIN_BATCH} messages a batch.`);
  else if (source.batchSize > LARGEST_PLAIN_BATCH && source.batchingWindowSeconds < 1)
    faults.push(
      `${where}: a batch of more than ${LARGEST_PLAIN_BATCH} needs maximumBatchingWindow of at least 1 s.`,
    );
  if (source.batchingWindowSeconds > 0 && queue.fifo)
    faults.push(`${where}: a FIFO queue takes no maximumBatchingWindow.`);
  for (const action of NEEDED_ACTIONS)
    if (!isAllowed(grants, { roleArn: fed.roleArn, action, resource: queue.arn }))
      faults.push(`${where}: its role lacks ${action} on that queue, and Lambda refuses the event source.`);
  return faults;
}

function judgeRedrive({ queues }: Service, queue: QueueResource): readonly string[] {
  if (queue.deadLetterArn === null) return [];
  const dead = queues.find(({ arn }) => arn === queue.deadLetterArn);
  if (!dead) return [`${queue.name}: its dead-letter queue is not in the template.`];
  if (dead.fifo !== queue.fifo)
    return [`${queue.name}: its dead-letter queue must be FIFO if it is itself, and standard if not.`];
  return [];
}
