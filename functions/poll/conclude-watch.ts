import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { Instant, Job, WatchKey } from "../../lib/domain/job.ts";
import { type OutcomeSummary, summarizeOutcome } from "../../lib/domain/outcome-summary.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { notificationMessage } from "../../lib/queue/outgoing-messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import type { Decision } from "../../lib/schedule/decide.ts";
import { ANY_TYPE, durationBucket, durationDay, durationExpiry } from "../../lib/schedule/durations.ts";
import { finishDigestMember } from "../shared/finish-digest-member.ts";
import { notificationTargets } from "../shared/notification-targets.ts";
import type { Begun, Seen } from "./schedule-next-poll.ts";

/** What deepening a failed job's reasons may take in all. */
const DEEPEN_MS = 5_000;

export interface ConcludePorts {
  readonly ledger: Pick<
    Ledger,
    | "readWatch"
    | "readOutcome"
    | "saveOutcomeOnce"
    | "endWatch"
    | "removeRunningMember"
    | "readDigest"
    | "addDuration"
  >;
  readonly notifications: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryFailedSubjobs">;
  readonly config: Config;
  /** The address of a watch's status page, or null where pages are not linked. */
  readonly pageUrl: (key: WatchKey, now: Instant) => string | null;
  readonly now: () => Instant;
  readonly onConcluded: (conclusion: OutcomeSummary) => void;
}

/** The poll that would have concluded was frozen, and somebody else may have made it since. */
class LeaseEndedError extends Error {
  override readonly name = "LeaseEndedError";
}

/**
 * Ends a watch: keeps its conclusion, hands one notification per target to the notify queue, and only then marks the
 * watch ended. Repeated after a crash it uses the conclusion that was kept first, so that all targets are told
 * the same, and sends notifications again that the notification's own claim tells apart.
 */
export async function conclude(
  seen: Seen,
  ending: Extract<Decision, { kind: "conclude" }>,
  ports: ConcludePorts,
): Promise<void> {
  const { watch } = seen;
  const known = await ports.ledger.readWatch(watch);
  if (known !== null && (known.watch.state !== "watching" || known.watch.acceptedAt !== watch.acceptedAt))
    return;
  const conclusion =
    known?.summary ??
    (await keepFirst(seen, ending, { tree: known?.tree ?? null, context: known?.context ?? {} }, ports));
  await tellAndEnd(conclusion, seen, ports);
}

/**
 * Goes on with a conclusion that was kept before a crash: some targets may have been told of it, so it stands, whatever
 * the job would say now. False where none was kept.
 */
export async function resume(begun: Begun, ports: ConcludePorts): Promise<boolean> {
  const kept = await ports.ledger.readOutcome(begun.watch);
  // A release that knew no generations kept all conclusions of a watch in one place: this may be of a generation before.
  if (kept === null || kept.acceptedAt !== begun.watch.acceptedAt) return false;
  await tellAndEnd(kept, begun, ports);
  return true;
}

async function tellAndEnd(conclusion: OutcomeSummary, begun: Begun, ports: ConcludePorts): Promise<void> {
  const { ledger, config } = ports;
  const { watch, at, polledAt } = begun;
  const key = { project: watch.project, jobId: watch.jobId };
  const digestTargets = await finishDigestMember(watch.digestId, key, ports);
  let told: readonly string[] = [];
  let targets = watch.targets;
  for (;;) {
    const untold = targets.filter((target) => !told.includes(target));
    const { own } = notificationTargets(
      { targets: untold, digestTargets },
      conclusion.outcome,
      config.targets,
    );
    await sendAll(
      ports.notifications,
      own.map((target) =>
        notificationMessage({ ...key, target, generation: watch.generation }, conclusion.outcome, 0),
      ),
    );
    told = targets;
    const ended = await ledger.endWatch({
      key,
      acceptedAt: watch.acceptedAt,
      outcome: conclusion.outcome,
      concludedAt: conclusion.concludedAt,
      targets,
      polledAt,
      expiresAt: keptUntil(at, config.settings),
      lastSeen: {
        phase: conclusion.phase,
        jobType: conclusion.jobType,
        resourceName: conclusion.resourceName,
      },
    });
    if (ended.kind === "targets_changed") {
      targets = ended.targets;
      continue;
    }
    if (ended.kind === "ended") await remember(conclusion, ports);
    return;
  }
}

async function keepFirst(
  seen: Seen,
  ending: Extract<Decision, { kind: "conclude" }>,
  known: { readonly tree: Job | null; readonly context: OutcomeSummary["context"] },
  ports: ConcludePorts,
): Promise<OutcomeSummary> {
  const { watch, observation } = seen;
  const key = { project: watch.project, jobId: watch.jobId };
  const lastSeen = observation?.kind === "job" ? observation.job : known.tree;
  const job =
    ending.outcome === "failed" && lastSeen !== null
      ? await ports.cce.queryFailedSubjobs(watch.project, lastSeen, { timeLimitMs: DEEPEN_MS })
      : lastSeen;
  const conclusion = summarizeOutcome({
    key,
    region: ports.config.projects[watch.project]?.region ?? null,
    outcome: ending.outcome,
    reason: ending.reason,
    job,
    warnings: observation?.kind === "job" ? observation.warnings : [],
    watch: { acceptedAt: watch.acceptedAt, concludedAt: seen.at, polls: seen.polls },
    context: known.context,
    statusUrl: ports.pageUrl(key, seen.at),
  });
  if (ports.now() > seen.leaseUntil) throw new LeaseEndedError("the lease of this poll has ended");
  const expiresAt = keptUntil(seen.at, ports.config.settings);
  return ports.ledger.saveOutcomeOnce(
    { ...key, generation: watch.generation },
    { summary: conclusion, tree: job },
    expiresAt,
  );
}

/** Only the call that ended the watch comes here, so that each job is counted and learned from once. */
async function remember(conclusion: OutcomeSummary, ports: ConcludePorts): Promise<void> {
  ports.onConcluded(conclusion);
  const ended = conclusion.outcome === "succeeded" || conclusion.outcome === "failed";
  if (!ended || conclusion.durationSeconds === null || conclusion.jobType === null) return;
  const { project, jobType, durationSeconds } = conclusion;
  const bucket = durationBucket(durationSeconds);
  const day = durationDay(conclusion.concludedAt);
  const expiresAt = durationExpiry(day);
  await Promise.all(
    [jobType, ANY_TYPE].map((type) =>
      ports.ledger.addDuration({ project, jobType: type, bucket, day, expiresAt }),
    ),
  );
}
