import type { CceClient } from "../../lib/cce/client.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant, Observation, WatchKey } from "../../lib/domain/job.ts";
import type { DurationCount } from "../../lib/ledger/duration-ledger.ts";
import { POLL_HISTORY, pollsMade } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { PollMessage } from "../../lib/queue/messages.ts";
import type { Disposition } from "../../lib/runtime/sqs-handler.ts";
import { type Decision, decide, type PolledWatch } from "../../lib/schedule/decide.ts";
import { awaitTurn } from "../../lib/schedule/turn.ts";
import { askInTurn, type Pace } from "./project-rate-limit.ts";
import { type Begun, type PassOnPorts, passOn, type Seen } from "./schedule-next-poll.ts";

/**
 * Longer than the function's time limit (29 s): while an invocation may still run, nobody else does its poll.
 * Shorter than the queue's visibility timeout: when the message comes back, the lease has ended.
 */
export const POLL_LEASE_MS = 35_000;
/** The most that one query of CCE may take, and what is kept free for passing on and recording what it saw. */
const POLL_MS = 10_000;
const PASS_ON_MS = 6_000;
const LOOP_BOUND_MS = 7 * 86_400_000;

export interface PollPorts extends PassOnPorts {
  readonly ledger: PassOnPorts["ledger"] & Pick<WatchLedger, "claimPoll">;
  readonly cce: Pick<CceClient, "queryJob">;
  /** Keeps projects to their quota; without it, all polls ask at once. */
  readonly pace?: Pace;
  readonly durations: (project: string, jobType: string | null) => Promise<readonly DurationCount[]>;
  readonly conclude: (seen: Seen, ending: Extract<Decision, { kind: "conclude" }>) => Promise<void>;
  /** Finishes a conclusion that was begun; false where there is none. */
  readonly resume: (begun: Begun) => Promise<boolean>;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly onPoll: (polled: Polled) => void;
}

/** What became of one message of the poll queue: one log line, and the metrics. */
export interface Polled {
  readonly key: WatchKey;
  readonly poll: number;
  readonly what: Observation["kind"] | "waits" | "resumed" | "stale" | "own_lease" | "other_owner";
  readonly next: "poll_again" | "concluded" | "acknowledged" | "retry";
  readonly delaySeconds: number | null;
  /** How much later than planned the poll happened; null for the first and for messages that led to none. */
  readonly latenessSeconds: number | null;
}

/**
 * One poll: claim it, ask CCE in its turn, decide, and only when the successor (the next poll, or the notifications) has been handed
 * to its queue, record the look as done. A crash anywhere leaves either a message or a lease that ends; whatever
 * comes twice is refused by the claim.
 */
export async function poll(
  message: PollMessage,
  delivery: { readonly messageId: string; readonly remainingMs: () => number },
  ports: PollPorts,
): Promise<Disposition> {
  const key = { project: message.project, jobId: message.jobId };
  const tell = (what: Polled["what"], next: Polled["next"], delaySeconds: number | null = null) =>
    ports.onPoll({ key, poll: message.poll, what, next, delaySeconds, latenessSeconds: null });
  const askMs = Math.min(POLL_MS, delivery.remainingMs() - PASS_ON_MS);
  if (askMs <= 0) return "retry";

  const { messageId } = delivery;
  const claimedAt = ports.now();
  const claim = await ports.ledger.claimPoll({
    key,
    poll: message.poll,
    messageId,
    now: claimedAt,
    leaseMs: POLL_LEASE_MS,
  });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "other_owner":
      tell(claim.kind, "acknowledged");
      return "acknowledged";
    case "own_lease":
      tell("own_lease", "retry");
      return "retry";
    default:
      return claim satisfies never;
  }

  const { watch } = claim;
  if (claim.reclaimed && (await ports.resume({ watch, at: claimedAt, polledAt: watch.polledAt }))) {
    tell("resumed", "concluded");
    return "acknowledged";
  }
  const asked = await askInTurn(message, askMs, ports);
  const at = ports.now();
  const polls = pollsMade(watch);
  const common = { watch, poll: message.poll, messageId, leaseUntil: claimedAt + POLL_LEASE_MS, at };
  // The loop carries a bound of its own: whatever the ledger says, no message outlives its deadline by a week.
  const bounded = { ...watch, deadlineAt: Math.min(watch.deadlineAt, message.deadlineAt + LOOP_BOUND_MS) };
  const { what, rateLimitedUntil, seen, decision }: Step =
    asked.kind === "waits"
      ? {
          what: asked.kind,
          rateLimitedUntil: asked.rateLimitedUntil,
          seen: { ...common, polls: polls - 1, observation: null, polledAt: watch.polledAt },
          decision: awaitTurn(bounded, asked.rateLimitedUntil, at),
        }
      : {
          what: asked.observation.kind,
          rateLimitedUntil: null,
          seen: {
            ...common,
            polls,
            observation: asked.observation,
            polledAt: [...watch.polledAt, at].slice(-POLL_HISTORY),
          },
          decision: await decideOn(asked.observation, { ...bounded, polls }, at, ports),
        };
  const latenessSeconds = watch.nextPollAt === null ? null : Math.max(0, claimedAt - watch.nextPollAt) / 1000;
  const polled = { key, poll: message.poll, what, latenessSeconds };
  if (decision.kind === "conclude") {
    await ports.conclude(seen, decision);
    ports.onPoll({ ...polled, next: "concluded", delaySeconds: null });
  } else {
    await passOn(seen, decision, rateLimitedUntil, ports);
    ports.onPoll({ ...polled, next: "poll_again", delaySeconds: decision.delaySeconds });
  }
  return "acknowledged";
}

/** What a claimed poll came to: it asked CCE, or waits until `rateLimitedUntil`. */
interface Step {
  readonly what: Polled["what"];
  readonly rateLimitedUntil: Instant | null;
  readonly seen: Seen;
  readonly decision: Decision;
}

async function decideOn(
  observation: Observation,
  watch: PolledWatch & { readonly project: string },
  now: Instant,
  { durations, settings, random }: PollPorts,
): Promise<Decision> {
  const jobType = (observation.kind === "job" ? observation.job.type : null) ?? watch.jobType;
  const known = await durations(watch.project, jobType);
  return decide({ watch, observation, durations: known, now, settings, random });
}
