import { gzipSync } from "node:zlib";
import * as z from "zod";
import type { BenchEnvironment } from "../support/bench-environment.ts";
import { createHttpEvent } from "../support/events.ts";
import { PROJECT, TOKEN } from "../support/function-environment.ts";
import { LedgerRecording } from "../support/ledger-recording.ts";
import { createSubmitEvent, recordWorkloads, type Workload } from "../work/workloads.ts";

/** The events that the bench sends to one function, and the recorded replies of the ledger. */
export interface FunctionEvents {
  readonly name: string;
  /**
   * The functions `enqueue`, `poll` and `notify` have a small and a large event. `one` is the small event, with one
   * job, poll or notification. If a function has only one event, `one` contains this event.
   */
  readonly one: object;
  /** The large event, with 100 jobs or ten messages, or null for a function with only one event. */
  readonly many: object | null;
  readonly recording: LedgerRecording;
}

const QueueEvent = z.looseObject({ Records: z.array(z.unknown()) });

/** Runs each packaged function once and records the replies of the ledger to its requests. */
export async function recordFunctionEvents(bench: BenchEnvironment): Promise<readonly FunctionEvents[]> {
  const { accepts, poll, notification } = await recordWorkloads(bench);
  const [single, many] = [accepts.at(0), accepts.at(-1)];
  if (single === undefined || many === undefined) throw new Error("no call was recorded");
  for (const [{ requests }, service] of [
    [poll, "cce"],
    [notification, "receiver"],
  ] as const)
    if (!requests.some((request) => request.service === service))
      throw new Error(`no request reached ${service}`);
  const watched = await openOneWatch(bench);
  const others: Readonly<Record<string, object>> = {
    api: createHttpEvent({ method: "GET", path: `/v1/jobs/${PROJECT}/${watched}`, token: TOKEN }),
    sweep: {},
    discover: {},
    audit: {},
    trail: { awslogs: { data: createLogData() } },
  };
  const recorded: FunctionEvents[] = [];
  for (const [name, event] of Object.entries(others)) recorded.push(await record(name, event, bench));
  return [
    { name: "enqueue", one: single.event, many: many.event, recording: single.recording },
    toFunctionEvents(poll),
    toFunctionEvents(notification),
    ...recorded,
  ];
}

function toFunctionEvents({ functionName, event, recording }: Workload): FunctionEvents {
  const { Records } = QueueEvent.parse(event);
  return { name: functionName, one: { Records: Records.slice(0, 1) }, many: event, recording };
}

async function record(name: string, event: object, bench: BenchEnvironment): Promise<FunctionEvents> {
  const recording = new LedgerRecording();
  bench.wire.ledger = recording.recording(bench.server);
  const worker = await bench.start(name);
  await worker.run([event]);
  await worker.stop();
  return { name, one: event, many: null, recording };
}

/** Submits one job and returns its ID. */
async function openOneWatch({ wire, server, start }: BenchEnvironment): Promise<string> {
  wire.ledger = server;
  const enqueue = await start("enqueue");
  const { answer } = await enqueue.run([createSubmitEvent(1, "watched")]);
  await enqueue.stop();
  const { body } = z.looseObject({ body: z.string() }).parse(answer);
  const { jobs } = z
    .looseObject({ jobs: z.tuple([z.looseObject({ jobId: z.string() })]) })
    .parse(JSON.parse(body));
  return jobs[0].jobId;
}

/**
 * Returns the data of a Lambda event from CloudWatch Logs. The event contains one log line, which reports that a caller
 * stopped a watch.
 */
function createLogData(): string {
  const message = JSON.stringify({ level: "INFO", message: "act", act: "stop", caller: "token:bench" });
  const lines = { messageType: "DATA_MESSAGE", logEvents: [{ id: "1", timestamp: 0, message }] };
  return gzipSync(JSON.stringify(lines)).toString("base64");
}
