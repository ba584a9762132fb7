import * as z from "zod";
import type { BenchEnvironment } from "../support/bench-environment.ts";
import { createHttpEvent, createQueueEvent } from "../support/events.ts";
import { PROJECT, TOKEN } from "../support/function-environment.ts";
import { LedgerRecording } from "../support/ledger-recording.ts";
import { renderClusterJob } from "../support/sample-jobs.ts";
import type { WireRequest } from "../support/wire.ts";

/** The Lambda event for one measured function, the requests of the function, and the replies of the ledger. */
export interface Workload {
  readonly functionName: string;
  readonly event: object;
  /** The number of jobs, polls or notifications in one event. */
  readonly records: number;
  readonly recording: LedgerRecording;
  readonly requests: readonly WireRequest[];
}
export interface Workloads {
  readonly accepts: readonly Workload[];
  readonly poll: Workload;
  readonly notification: Workload;
}

export const BATCH = 10;
const ACCEPT_SIZES = [1, 10, 100];

const Sent = z.looseObject({
  QueueUrl: z.string(),
  Entries: z.array(z.looseObject({ MessageBody: z.string() })),
});

/**
 * Runs the functions once with the embedded DynamoDB, and records their requests and the replies. The service accepts
 * ten jobs and polls them until they have failed. Each failed job leads to one notification.
 */
export async function recordWorkloads(bench: BenchEnvironment): Promise<Workloads> {
  const { wire, server } = bench;
  const enqueue = await bench.start("enqueue");
  const accepts: Workload[] = [];
  const accepting = new LedgerRecording();
  wire.ledger = accepting.recording(server);
  // The first measured call of the function also reads the config. Later calls of the function use the cached config.
  expectStatus(await enqueue.run([createSubmitEvent(1, "first")]), 202);
  for (const records of ACCEPT_SIZES) {
    const event = createSubmitEvent(records);
    wire.clear();
    expectStatus(await enqueue.run([event]), 202);
    accepts.push({ functionName: "enqueue", event, records, recording: accepting, requests: wire.requests });
  }
  await enqueue.stop();
  const opened = readBodiesSentTo(accepts[1]?.requests ?? [], "poll");

  const worker = await bench.start("poll");
  const recording = new LedgerRecording();
  const event = (bodies: readonly string[]) => createQueueEvent(bodies.slice(0, BATCH));
  // Only the first batch of polls reads the durations of earlier jobs, because `poll` then caches them for ten minutes.
  // Of the first batch, only the replies with these durations are recorded.
  wire.ledger = recording.recording(server, ({ operation }) => operation === "Query");
  const polled = async (bodies: readonly string[]) => {
    wire.clear();
    expectAcknowledged(await worker.run([event(bodies)]));
    return wire.requests;
  };
  const second = readBodiesSentTo(await polled(opened), "poll");
  wire.ledger = recording.recording(server);
  const poll: Workload = {
    functionName: "poll",
    event: event(second),
    records: BATCH,
    recording,
    requests: await polled(second),
  };
  wire.ledger = server;
  wire.job = (jobId) => renderClusterJob(jobId, "Failed");
  const notifications = readBodiesSentTo(await polled(readBodiesSentTo(poll.requests, "poll")), "notify");
  wire.job = (jobId) => renderClusterJob(jobId, "Running");
  await worker.stop();
  return { accepts, poll, notification: await recordNotification(bench, notifications) };
}

async function recordNotification(
  { wire, server, ...bench }: BenchEnvironment,
  bodies: readonly string[],
): Promise<Workload> {
  const notify = await bench.start("notify");
  const recording = new LedgerRecording();
  const event = createQueueEvent(bodies.slice(0, BATCH));
  wire.ledger = recording.recording(server);
  wire.clear();
  expectAcknowledged(await notify.run([event]));
  await notify.stop();
  return { functionName: "notify", event, records: BATCH, recording, requests: wire.requests };
}

/** Returns the Lambda event of an API call that submits the given number of jobs. */
export function createSubmitEvent(jobs: number, name = "job"): object {
  const jobIds = Array.from(
    { length: jobs },
    (_, at) => `5b4e7f3a-${name}-${jobs}-${String(at).padStart(12, "0")}`,
  );
  const body = JSON.stringify({ jobIds, project: PROJECT, context: { actor: "bench", pipeline: "deploy" } });
  return createHttpEvent({ method: "POST", path: "/v1/jobs", token: TOKEN, body });
}

/** Returns the bodies of all messages that the given requests send to the queue with the name `queue`. */
export function readBodiesSentTo(requests: readonly WireRequest[], queue: string): string[] {
  return requests
    .filter(({ operation }) => operation === "SendMessageBatch")
    .map(({ body }) => Sent.parse(JSON.parse(body)))
    .filter(({ QueueUrl }) => QueueUrl.endsWith(`/${queue}`))
    .flatMap(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody));
}

const Answered = z.looseObject({ statusCode: z.number() });
function expectStatus({ answer }: { readonly answer: unknown }, status: number): void {
  const { statusCode } = Answered.parse(answer);
  if (statusCode !== status) throw new Error(`expected ${status}, received ${JSON.stringify(answer)}`);
}

const Batch = z.looseObject({ batchItemFailures: z.array(z.unknown()).length(0) });
function expectAcknowledged({ answer }: { readonly answer: unknown }): void {
  Batch.parse(answer);
}
