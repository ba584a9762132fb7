import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { submitJobs } from "./callers.ts";
import { CALLER, configWith, PROJECT, T0 } from "./draw-inputs.ts";
import { NO_FAULTS } from "./fault-rates.ts";
import { NO_PLANT } from "./plant.ts";
import { runToEnd, startService } from "./run-service.ts";
import { createSimulation } from "./simulation.ts";

const MINUTE_MS = 60_000;
const DEADLY = "job-05";
const JOBS = Array.from({ length: 10 }, (_, i) => `job-${String(i).padStart(2, "0")}`);

/** Runs ten jobs that are polled in one batch. Each query of one job ends the process of the poll function. */
async function runWithDeadlyJob(deadlineMinutes: number, seed: number) {
  const crashes: number[] = [];
  const simulation = createSimulation({
    seed,
    start: T0,
    faultsEndAt: T0,
    traced: true,
    effectFault(_index, label, { now }) {
      if (label !== `cce.poll ${DEADLY}`) return { kind: "none" };
      crashes.push(now());
      return { kind: "crash_before" };
    },
    latencyMs: ({ random }) => random.between(1, 50),
  });
  const run = startService({
    simulation,
    // All jobs are polled every 60 seconds, so the polls of all jobs are in the same batch.
    config: configWith({ poll: { minDelaySeconds: 60, maxDelaySeconds: 60 } }),
    rates: NO_FAULTS,
    plant: NO_PLANT,
    hasSweep: true,
    maxReceiveCount: 1000,
    maximumConcurrency: 2,
  });
  const endedAt = T0 + 10 * MINUTE_MS;
  for (const jobId of JOBS) {
    const job = { jobId, jobType: "CreateCluster", appearsAt: T0, endedAt, finalState: "succeeded" } as const;
    run.cce.jobs.set(jobId, job);
  }
  const submission: ResolvedSubmission = {
    kind: "resolved",
    caller: CALLER,
    project: PROJECT,
    callbacks: {},
    context: { actor: CALLER },
    digest: false,
    jobIds: JOBS,
    targets: ["audit"],
    deadlineMinutes,
    readyMinutes: null,
    operation: null,
  };
  submitJobs(run, submission, run.asked, 1);
  const result = await runToEnd(run);
  const [, firstBatch = ""] = / (poll-\d+) receives /.exec(simulation.trace.join("\n")) ?? [];
  const received = simulation.trace.filter((line) => line.includes(` ${firstBatch} receives `));
  expect(received).toHaveLength(JOBS.length);
  const watches = Object.values(run.ledger.state.watches).map(({ watch }) => watch);
  const stored = Object.values(run.ledger.state.outcomes).map(({ summary }) => [summary.jobId, summary]);
  return { result, crashes, watches, summaries: new Map(stored as [string, { reason: string | null }][]) };
}

describe.each([1, 2, 3, 4, 5])(
  "a job whose poll ends the process, with the random numbers of seed %i",
  (seed) => {
    it("is given up as lost before the deadline, and its target is notified", async () => {
      const { result, crashes, watches, summaries } = await runWithDeadlyJob(600, seed);
      const deadly = watches.find(({ jobId }) => jobId === DEADLY);
      expect(crashes).toHaveLength(8);
      expect(deadly?.state).toBe("lost");
      expect((deadly?.concludedAt ?? Number.NaN) - T0).toBeLessThan(45 * MINUTE_MS);
      expect(summaries.get(DEADLY)?.reason).toBe(
        "The latest tries to poll the job did not finish. The poll probably ended the process of the service.",
      );
      expect(result).toMatchObject({ accepted: 10, delivered: 10, lost: 0, deadLettered: 0 });
    });

    it("is given up at the deadline after two tries, without another query", async () => {
      const { crashes, watches, summaries } = await runWithDeadlyJob(1, seed);
      expect(crashes).toHaveLength(2);
      expect(watches.find(({ jobId }) => jobId === DEADLY)?.state).toBe("timed_out");
      expect(summaries.get(DEADLY)?.reason).toMatch(
        /^The deadline of 60 s has passed\. The latest tries to poll the job did not finish\./,
      );
    });

    it("delays the other jobs of its batch by a few minutes at most", async () => {
      const { watches } = await runWithDeadlyJob(600, seed);
      const others = watches.filter(({ jobId }) => jobId !== DEADLY);
      expect(others.map(({ state }) => state)).toEqual(others.map(() => "succeeded"));
      for (const { concludedAt } of others)
        expect((concludedAt ?? Number.NaN) - T0).toBeLessThan(12 * MINUTE_MS);
    });
  },
);
