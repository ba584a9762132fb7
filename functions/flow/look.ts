import type { CceClient } from "../../lib/cce/client.ts";
import type { Instant, Observation, WatchKey } from "../../lib/job.ts";
import type { DurationCount } from "../../lib/ledger/duration-ledger.ts";
import { LOOK_HISTORY, looksMade } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { LookMessage } from "../../lib/message.ts";
import { type Decision, decide, type LookedWatch } from "../../lib/poll/decide.ts";
import { awaitTurn } from "../../lib/poll/turn.ts";
import type { Disposition } from "../../lib/runtime/sqs.ts";
import type { Settings } from "../../lib/settings.ts";
import { type Begun, type PassOnPorts, passOn, type Seen } from "./look-pass-on.ts";
import { askInTurn, type Pace } from "./pace.ts";

/**
 * Longer than the function's time limit (29 s): while an invocation may still run, nobody else does its look.
 * Shorter than the queue's visibility timeout: when the message comes back, the lease has ended.
 */
export const LOOK_LEASE_MS = 35_000;
/** The most that one query of CCE may take, and what is kept free for passing on and recording what it saw. */
const LOOK_MS = 10_000;
const PASS_ON_MS = 6_000;
const LOOP_BOUND_MS = 7 * 86_400_000;

export interface LookPorts extends PassOnPorts {
  readonly ledger: PassOnPorts["ledger"] & Pick<WatchLedger, "claimLook">;
  readonly cce: Pick<CceClient, "look">;
  /** Keeps projects to their quota; without it, all looks ask at once. */
  readonly pace?: Pace;
  readonly durations: (project: string, jobType: string | null) => Promise<readonly DurationCount[]>;
  readonly conclude: (seen: Seen, ending: Extract<Decision, { kind: "conclude" }>) => Promise<void>;
  /** Finishes a conclusion that was begun; false where there is none. */
  readonly resume: (begun: Begun) => Promise<boolean>;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly onLook: (looked: Looked) => void;
}

/** What became of one message of the poll queue: one log line, and the metrics. */
export interface Looked {
  readonly key: WatchKey;
  readonly look: number;
  readonly what: Observation["kind"] | "waits" | "resumed" | "stale" | "mine" | "theirs";
  readonly next: "look_again" | "concluded" | "acknowledged" | "kept";
  readonly delaySeconds: number | null;
  /** How much later than planned the look happened; null for the first and for messages that led to none. */
  readonly latenessSeconds: number | null;
}

/**
 * One look: claim it, ask CCE in its turn, decide, and only when the successor (the next look, or the notices) has been handed
 * to its queue, record the look as done. A crash anywhere leaves either a message or a lease that ends; whatever
 * comes twice is refused by the claim.
 */
export async function look(
  message: LookMessage,
  delivery: { readonly messageId: string; readonly remainingMs: () => number },
  ports: LookPorts,
): Promise<Disposition> {
  const key = { project: message.project, jobId: message.jobId };
  const tell = (what: Looked["what"], next: Looked["next"], delaySeconds: number | null = null) =>
    ports.onLook({ key, look: message.look, what, next, delaySeconds, latenessSeconds: null });
  const askMs = Math.min(LOOK_MS, delivery.remainingMs() - PASS_ON_MS);
  if (askMs <= 0) return "kept";

  const { messageId } = delivery;
  const claimedAt = ports.now();
  const claim = await ports.ledger.claimLook({
    key,
    look: message.look,
    messageId,
    now: claimedAt,
    leaseMs: LOOK_LEASE_MS,
  });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "theirs":
      tell(claim.kind, "acknowledged");
      return "acknowledged";
    case "mine":
      tell("mine", "kept");
      return "kept";
    default:
      return claim satisfies never;
  }

  const { watch } = claim;
  if (claim.again && (await ports.resume({ watch, at: claimedAt, lookedAt: watch.lookedAt }))) {
    tell("resumed", "concluded");
    return "acknowledged";
  }
  const asked = await askInTurn(message, askMs, ports);
  const at = ports.now();
  const looks = looksMade(watch);
  const common = { watch, look: message.look, messageId, leaseUntil: claimedAt + LOOK_LEASE_MS, at };
  // The loop carries a bound of its own: whatever the ledger says, no message outlives its deadline by a week.
  const bounded = { ...watch, deadlineAt: Math.min(watch.deadlineAt, message.deadlineAt + LOOP_BOUND_MS) };
  const { what, slotAt, seen, decision }: Step =
    asked.kind === "waits"
      ? {
          ...{ what: asked.kind, slotAt: asked.slotAt },
          seen: { ...common, looks: looks - 1, observation: null, lookedAt: watch.lookedAt },
          decision: awaitTurn(bounded, asked.slotAt, at),
        }
      : {
          ...{ what: asked.observation.kind, slotAt: null },
          seen: {
            ...{ ...common, looks, observation: asked.observation },
            lookedAt: [...watch.lookedAt, at].slice(-LOOK_HISTORY),
          },
          decision: await decideOn(asked.observation, { ...bounded, looks }, at, ports),
        };
  const latenessSeconds = watch.nextLookAt === null ? null : Math.max(0, claimedAt - watch.nextLookAt) / 1000;
  const looked = { key, look: message.look, what, latenessSeconds };
  if (decision.kind === "conclude") {
    await ports.conclude(seen, decision);
    ports.onLook({ ...looked, next: "concluded", delaySeconds: null });
  } else {
    await passOn(seen, decision, slotAt, ports);
    ports.onLook({ ...looked, next: "look_again", delaySeconds: decision.delaySeconds });
  }
  return "acknowledged";
}

/** What a claimed look came to: it asked CCE, or waits until `slotAt`. */
interface Step {
  readonly what: Looked["what"];
  readonly slotAt: Instant | null;
  readonly seen: Seen;
  readonly decision: Decision;
}

async function decideOn(
  observation: Observation,
  watch: LookedWatch & { readonly project: string },
  now: Instant,
  { durations, settings, random }: LookPorts,
): Promise<Decision> {
  const jobType = (observation.kind === "job" ? observation.job.type : null) ?? watch.jobType;
  const known = await durations(watch.project, jobType);
  return decide({ watch, observation, durations: known, now, settings, random });
}
