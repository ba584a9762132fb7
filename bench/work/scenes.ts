import * as z from "zod";
import { PROJECT, TOKEN } from "../support/config.ts";
import { httpEvent, queueEvent } from "../support/events.ts";
import { renderCluster } from "../support/job.ts";
import { Tape } from "../support/tape.ts";
import type { Heard } from "../support/wire.ts";
import type { World } from "./world.ts";

/** What one function is given again and again, the tape its ledger is played from, and what it asked for. */
export interface Scene {
  readonly functionName: string;
  readonly event: object;
  /** Jobs, polls or notifications in one event. */
  readonly records: number;
  readonly tape: Tape;
  readonly heard: readonly Heard[];
}
export interface Scenes {
  readonly accepts: readonly Scene[];
  readonly poll: Scene;
  readonly notification: Scene;
}

export const BATCH = 10;
const ACCEPT_SIZES = [1, 10, 100];

const Sent = z.looseObject({
  QueueUrl: z.string(),
  Entries: z.array(z.looseObject({ MessageBody: z.string() })),
});

/**
 * Plays a job's generation once against the embedded DynamoDB and records what each function asks and is answered:
 * ten jobs are accepted, looked at twice, fail, and their notifications go out.
 */
export async function recordScenes(world: World): Promise<Scenes> {
  const { wire, server } = world;
  const enqueue = await world.start("enqueue");
  const accepts: Scene[] = [];
  const accepting = new Tape();
  wire.ledger = accepting.recording(server);
  // The first call reads what is then kept for minutes.
  expectStatus(await enqueue.run([submission(1, "first")]), 202);
  for (const records of ACCEPT_SIZES) {
    const event = submission(records);
    wire.forget();
    expectStatus(await enqueue.run([event]), 202);
    accepts.push({ functionName: "enqueue", event, records, tape: accepting, heard: wire.heard });
  }
  await enqueue.stop();
  const opened = sentTo(accepts[1]?.heard ?? [], "poll");

  const worker = await world.start("poll");
  const tape = new Tape();
  const event = (bodies: readonly string[]) => queueEvent(bodies.slice(0, BATCH));
  // Durations are read once in ten minutes: by the first poll of a process.
  wire.ledger = tape.recording(server, ({ operation }) => operation === "Query");
  const polled = async (bodies: readonly string[]) => {
    wire.forget();
    expectAcknowledged(await worker.run([event(bodies)]));
    return wire.heard;
  };
  const second = sentTo(await polled(opened), "poll");
  wire.ledger = tape.recording(server);
  const poll: Scene = {
    functionName: "poll",
    event: event(second),
    records: BATCH,
    tape,
    heard: await polled(second),
  };
  wire.ledger = server;
  wire.job = (jobId) => renderCluster(jobId, "Failed");
  const notifications = sentTo(await polled(sentTo(poll.heard, "poll")), "notify");
  wire.job = (jobId) => renderCluster(jobId, "Running");
  await worker.stop();
  return { accepts, poll, notification: await recordNotification(world, notifications) };
}

async function recordNotification(
  { wire, server, ...world }: World,
  bodies: readonly string[],
): Promise<Scene> {
  const notify = await world.start("notify");
  const tape = new Tape();
  const event = queueEvent(bodies.slice(0, BATCH));
  wire.ledger = tape.recording(server);
  wire.forget();
  expectAcknowledged(await notify.run([event]));
  await notify.stop();
  return { functionName: "notify", event, records: BATCH, tape, heard: wire.heard };
}

export function submission(jobs: number, name = "job"): object {
  const jobIds = Array.from(
    { length: jobs },
    (_, at) => `5b4e7f3a-${name}-${jobs}-${String(at).padStart(12, "0")}`,
  );
  const body = JSON.stringify({ jobIds, project: PROJECT, context: { actor: "bench", pipeline: "deploy" } });
  return httpEvent({ method: "POST", path: "/v1/jobs", token: TOKEN, body });
}

/** The bodies that were sent to a queue, by the end of its URL. */
export function sentTo(heard: readonly Heard[], queue: string): string[] {
  return heard
    .filter(({ operation }) => operation === "SendMessageBatch")
    .map(({ body }) => Sent.parse(JSON.parse(body)))
    .filter(({ QueueUrl }) => QueueUrl.endsWith(`/${queue}`))
    .flatMap(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody));
}

const Answered = z.looseObject({ statusCode: z.number() });
function expectStatus({ answer }: { readonly answer: unknown }, status: number): void {
  const { statusCode } = Answered.parse(answer);
  if (statusCode !== status) throw new Error(`expected ${status}, was answered ${JSON.stringify(answer)}`);
}

const Batch = z.looseObject({ batchItemFailures: z.array(z.unknown()).length(0) });
function expectAcknowledged({ answer }: { readonly answer: unknown }): void {
  Batch.parse(answer);
}
