import type { Notification } from "../../functions/notify/resolve-notification.ts";
import type { ApiRequest } from "../../lib/api/http-message.ts";
import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { CALLER, configWith, PROJECT, T0, tokenOf } from "../simulation/draw-inputs.ts";
import { LEDGER_METHODS } from "../simulation/faulty-ledger.ts";
import type { Received } from "../simulation/memory-queue.ts";
import type { Plant } from "../simulation/plant.ts";
import {
  createApi,
  createEnqueue,
  createNotify,
  createPoll,
  runSweep,
  type ServicePorts,
} from "../simulation/service.ts";
import type { SimulatedJob } from "../simulation/simulated-cce.ts";
import type { Ask, Program } from "./positions.ts";
import type { CallName } from "./system.ts";

export const TARGETS = ["audit", "ops"];
export const JOB: SimulatedJob & { readonly endedAt: number } = {
  jobId: "job-1",
  jobType: "CreateCluster",
  appearsAt: T0,
  endedAt: T0,
  finalState: "succeeded",
};
export const CONFIG = configWith({ poll: { minDelaySeconds: 20, maxDelaySeconds: 20 } });

/** The settings of the functions in serverless.yml. */
export const LIMIT_MS = 29_000;
export const SWEEP_LIMIT_MS = 60_000;
const ANSWER_MS = 500;

/** Returns the ports of one invocation. Each request to a port is a step of the exploration. */
function portsOf(ask: Ask, now: () => number, plant: Plant): ServicePorts {
  const methods = LEDGER_METHODS.map((name) => [name, (...args: unknown[]) => ask("ledger", name, args)]);
  const unused = () => {
    throw new Error("No invocation of the small system waits for a time.");
  };
  return {
    readConfig: async () => CONFIG,
    plant,
    ledger: plant.ledger(Object.fromEntries(methods) as Ledger),
    queue: (name): Queue => ({
      send: (messages) => ask(name, "send", [messages]) as ReturnType<Queue["send"]>,
      changeVisibility: async (handle, seconds) =>
        void (await ask(name, "changeVisibility", [handle, seconds])),
    }),
    cce: {
      queryJob: (key) => ask("cce", "queryJob", [key]) as never,
      queryResource: (_project, { id }) => ask("cce", "queryResource", [id]) as never,
      unansweredWaitMs: () => 0,
      queryMissingFailureReasons: (_project, { jobId }) =>
        ask("cce", "queryMissingFailureReasons", [jobId]) as never,
    },
    deliver: ({ key, redelivery, webhookId, content }: Notification) =>
      ask("receiver", "deliver", [{ key, redelivery, webhookId, content }]) as Promise<AttemptResult>,
    now,
    random: () => 0.5,
    uuid: () => "1",
    timer: unused,
    note: () => {},
  };
}

/** Returns the program that processes one message. */
export function messageProgram(
  queue: "poll" | "notify",
  received: Received,
  startedAt: number,
  plant: Plant,
): Program {
  return {
    key: JSON.stringify([queue, startedAt, received]),
    run: (ask, now) => {
      const ports = portsOf(ask, now, plant);
      const handle = queue === "poll" ? createPoll(ports, 1) : createNotify(ports);
      const remainingMs = () => startedAt + LIMIT_MS - ANSWER_MS - now();
      return handle({ ...received, remainingMs });
    },
  };
}

/** Returns the program of one run of the sweep function. */
export function sweepProgram(startedAt: number, plant: Plant): Program {
  return {
    key: JSON.stringify(["sweep", startedAt]),
    run: (ask, now) => runSweep(portsOf(ask, now, plant), () => startedAt + SWEEP_LIMIT_MS - now()),
  };
}

/** Returns the program of one call to the API. Its result is the response. */
export function callProgram(call: CallName, startedAt: number, plant: Plant): Program {
  return {
    key: JSON.stringify([call, startedAt]),
    run: (ask, now) => {
      const ports = portsOf(ask, now, plant);
      const handle = call === "submit" ? createEnqueue(ports) : createApi(ports);
      const invocation = { requestId: call, remainingMs: () => startedAt + LIMIT_MS - now() };
      return handle(requestOf(call), invocation, () => {});
    },
  };
}

function requestOf(call: CallName): ApiRequest {
  const job = `/v1/jobs/${PROJECT}/${JOB.jobId}`;
  const base = {
    query: new URLSearchParams(),
    requestId: call,
    sourceIp: "192.0.2.1",
    headers: { authorization: `Bearer ${tokenOf(CALLER)}`, "content-type": "application/json" },
  };
  switch (call) {
    case "submit": {
      const body = {
        project: PROJECT,
        jobId: JOB.jobId,
        notify: TARGETS,
        deadlineMinutes: 60,
        context: { actor: CALLER },
      };
      return { ...base, method: "POST", path: "/v1/jobs", body: JSON.stringify(body) };
    }
    case "stop":
      return { ...base, method: "DELETE", path: job, body: "" };
    case "redeliver":
      return { ...base, method: "POST", path: `${job}/redeliver`, body: "{}" };
    default:
      return call satisfies never;
  }
}
