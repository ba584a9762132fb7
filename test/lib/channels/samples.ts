import type { FormattedMessage, NotificationContent } from "../../../lib/channels/channel.ts";
import { channelOf, Target, type TargetKind } from "../../../lib/channels/registry.ts";
import type { Job, Outcome } from "../../../lib/domain/job.ts";
import {
  type EndedWatch,
  type OutcomeSummary,
  summarizeAndTruncateOutcome,
} from "../../../lib/domain/outcome-summary.ts";
import { type SlowSummary, summarizeAndTruncateSlowJob } from "../../../lib/domain/slow-summary.ts";
import { unwrapLazy } from "../../../lib/domain/zod-fields.ts";

const LIST_URL = "https://notifier.example.com/jobs?project=prod&key=k.l";
const START = Date.parse("2026-04-14T08:00:00.000Z");
export const KINDS: readonly TargetKind[] = unwrapLazy(Target).def.options.flatMap(
  (option) => option.shape.kind.def.values,
);
export const CHAT_KINDS = KINDS.filter((kind) => kind !== "webhook");
const MENTIONS: Readonly<Record<Exclude<TargetKind, "webhook">, string>> = {
  slack: "<!subteam^S0PLATFORM>",
  feishu: "ou_platform",
  dingtalk: "platform01",
  wecom: "platform",
  teams: "platform@example.com",
  discord: "<@&4242>",
};

export function target(kind: TargetKind, mention = true, language = "en"): Target {
  const url = "https://hooks.example.com/x";
  if (kind === "webhook") return Target.parse({ kind, url, secrets: [`whsec_${"a".repeat(32)}`] });
  return Target.parse({ kind, url, language, ...(mention ? { mention: MENTIONS[kind] } : {}) });
}

/** Returns the message that a target receives. */
export function format(to: Target, content: NotificationContent): FormattedMessage {
  return channelOf(to.kind).format(content, to);
}

/** Returns the message about one outcome. */
export function formatOutcome(to: Target, summary: OutcomeSummary): FormattedMessage {
  return format(to, { kind: "outcome", summary });
}

/** Returns the message about several outcomes. */
export function formatDigest(to: Target, summaries: readonly OutcomeSummary[]): FormattedMessage {
  return format(to, { kind: "digest", summaries });
}

export function job(part: Partial<Job> = {}): Job {
  return {
    jobId: "sub-1",
    type: "CreateNode",
    phase: "Success",
    state: "succeeded",
    reason: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: START,
    updatedAt: START + 550_000,
    subJobs: [],
    ...part,
  };
}

export const FAILED = { phase: "Failed", state: "failed" } as const;

/** Creates a job with the given number of levels of failed subjobs. Only the lowest subjob has a reason. */
export function failedChain(levels: number): Job {
  let below = job({ ...FAILED, type: "Leaf", reason: "the cause" });
  for (let level = 0; level < levels; level += 1)
    below = job({ ...FAILED, type: `L${level}`, subJobs: [below] });
  return below;
}
const RUNNING = { phase: "Running", state: "pending" } as const;
const root = { jobId: "job-1", type: "CreateCluster", clusterId: "cluster-77", resourceName: "checkout" };

export function facts(part: Partial<EndedWatch> = {}): EndedWatch {
  return {
    project: "prod",
    jobId: "job-1",
    region: "eu-de",
    outcome: "succeeded",
    reason: null,
    job: job({ ...root, subJobs: [job({ type: "CreateVpc" }), job({ type: "InstallMaster" })] }),
    warnings: [],
    acceptedAt: START + 2000,
    concludedAt: START + 554_100,
    polls: 12,
    context: {
      actor: "Mara",
      pipeline: "checkout #1482",
      runUrl: "https://ci.example.com/runs/1482",
      commit: "9f2c1ab",
      labels: { env: "prod" },
    },
    jobPageUrl: "https://notifier.example.com/jobs/prod/job-1?key=k.v",
    listUrl: LIST_URL,
    ...part,
  };
}

const leaf = job({
  ...FAILED,
  jobId: "sub-3",
  type: "CreateNodeVM",
  resourceName: "pool-a-1",
  reason: 'Create VM failed\n{"error":{"code":"Ecs.0314","message":"the keypair <web> does not match"}}',
});
const chain = job({
  ...FAILED,
  jobId: "sub-1",
  type: "CreateNodePool",
  subJobs: [job({ ...FAILED, jobId: "sub-2", subJobs: [leaf] }), job({ jobId: "sub-4" })],
});

export const SAMPLES: Readonly<Record<Outcome, OutcomeSummary>> = {
  succeeded: summarizeAndTruncateOutcome(facts()),
  failed: summarizeAndTruncateOutcome(
    facts({
      outcome: "failed",
      job: job({ ...root, ...FAILED, reason: "Failed to create", subJobs: [job(), chain] }),
    }),
  ),
  not_ready: summarizeAndTruncateOutcome(
    facts({
      outcome: "not_ready",
      reason:
        "The job succeeded, but its resource was not ready after 30 min. NodeNotReady: the network plugin is not ready",
      ready: { state: "not_ready", reason: "NodeNotReady", message: "the network plugin is not ready" },
      concludedAt: START + 550_000 + 1_800_000,
      jobEndObservedAt: START + 554_100,
    }),
  ),
  timed_out: summarizeAndTruncateOutcome(
    facts({
      outcome: "timed_out",
      concludedAt: START + 2000 + 7_200_000,
      reason: "The deadline of 120 min has passed.",
      job: job({
        ...root,
        ...RUNNING,
        subJobs: [job(), job({ ...RUNNING, type: "InstallMaster", resourceName: "m-0" })],
      }),
    }),
  ),
  lost: summarizeAndTruncateOutcome(
    facts({ outcome: "lost", reason: "CCE knows no such job: Not Found", job: null }),
  ),
};

/** A job whose thirty nodes fail for one reason. */
export const MANY_NODES: OutcomeSummary = summarizeAndTruncateOutcome(
  facts({
    outcome: "failed",
    job: job({
      ...root,
      ...FAILED,
      type: "CreateNodePool",
      resourceName: "pool-a",
      subJobs: Array.from({ length: 30 }, (_, index) => {
        const part = { ...FAILED, resourceName: `pool-a-${index}` };
        const reason = `Ecs.0319: the flavor of pool-a-${index} is sold out`;
        return job({ ...part, subJobs: [job({ ...part, type: "CreateNodeVM", reason })] });
      }),
    }),
  }),
);

export const NODES: readonly OutcomeSummary[] = Array.from({ length: 12 }, (_, i) =>
  summarizeAndTruncateOutcome(
    facts({
      jobId: `job-${i}`,
      outcome: i === 6 ? "failed" : "succeeded",
      job: job({
        ...(i === 6 ? FAILED : {}),
        clusterId: "cluster-77",
        resourceName: `pool-a-${i}`,
        subJobs: i === 6 ? [leaf] : [],
      }),
    }),
  ),
);

/** A slow job. Half of its running subjobs have a known duration. */
export const SLOW: SlowSummary = summarizeAndTruncateSlowJob(
  {
    project: "prod",
    region: "eu-de",
    jobId: "1e50bfbe-5b9e-11ef-8f52-0255ac10003e",
    acceptedAt: START,
    polledAt: START + 812_000,
    polls: 9,
    context: { actor: "jane", pipeline: "deploy", labels: { team: "checkout" } },
    ageSeconds: 812,
    usual: { p50Seconds: 431.2, p95Seconds: 640.5, fromJobs: 57 },
    jobPageUrl: "https://notifier.example.com/jobs/prod/1e50bfbe?key=a.b",
  },
  job({
    type: "CreateCluster",
    phase: "Running",
    state: "pending",
    resourceName: "blue",
    clusterId: "c-1",
    subJobs: [
      job({
        type: "InstallMaster",
        phase: "Running",
        state: "pending",
        resourceName: "m-0",
        createdAt: START + 272_000,
      }),
      ...Array.from({ length: 6 }, (_, i) =>
        job({
          type: "CreateNode",
          phase: "Running",
          state: "pending",
          resourceName: `n-${i}`,
          createdAt: null,
        }),
      ),
    ],
  }),
  (type) => (type === "InstallMaster" ? 190 : null),
);
