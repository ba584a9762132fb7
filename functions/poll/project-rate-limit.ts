import type { CceClient } from "../../lib/cce/client.ts";
import type { Instant, Observation } from "../../lib/domain/job.ts";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";
import type { PollMessage } from "../../lib/queue/messages.ts";

/** Huawei Cloud counts queries over five minutes. */
const WINDOW_MS = 300_000;
/** What a user may ask in that time, where the operator has said nothing (seen in practice; clouds differ). */
const USUAL_QUOTA = 200;
/**
 * Of the quota, so much is spaced evenly and so much may come at once: together never more than the quota in any
 * five minutes, and a rest for second tries after a 401, reasons of subjobs and messages that come late.
 */
const EVEN_SHARE = 0.8;
const BURST_SHARE = 0.15;
/** After a 429, a project keeps to the quota for so long. */
const PACED_MS = 3_600_000;
/** Sooner than this, a poll's turn is now. */
const SOON_MS = 1000;

/** When the polls of a project may ask, over all instances together. */
export interface Pace {
  /** Takes the next turn in the project's quota; null where it is not paced. */
  turn(project: string): Promise<Instant | null>;
  /** Tells of a 429. */
  throttled(project: string): void;
}

/**
 * Paces a project always where `quota` (queries in five minutes) is set; else from its first 429 on, for an hour
 * after the latest. Turns are kept in the ledger like those of a target: one write per poll, and none while no
 * project is paced. Should the ledger fail, the poll fails, and comes again.
 */
export function createPace(
  ledger: Pick<TargetLedger, "reserveRequestTime">,
  now: () => Instant,
): (quota: number | undefined) => Pace {
  const pacedUntil = new Map<string, Instant>();
  return (quota) => ({
    async turn(project) {
      if (quota === undefined && (pacedUntil.get(project) ?? 0) <= now()) return null;
      const intervalMs = Math.ceil(WINDOW_MS / (EVEN_SHARE * (quota ?? USUAL_QUOTA)));
      const burstMs = Math.floor(BURST_SHARE * (quota ?? USUAL_QUOTA)) * intervalMs;
      // No target has a colon in its name.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    throttled(project) {
      pacedUntil.set(project, now() + PACED_MS);
    },
  });
}

export interface TurnPorts {
  readonly cce: Pick<CceClient, "queryJob">;
  readonly pace?: Pace;
  readonly now: () => Instant;
}

/** What a poll saw, or when its turn comes: it keeps that turn. */
export type Asked =
  | { readonly kind: "asked"; readonly observation: Observation }
  | { readonly kind: "waits"; readonly rateLimitedUntil: Instant };

/** Asks CCE if it is this poll's turn. */
export async function askInTurn(
  message: PollMessage,
  deadlineMs: number,
  { cce, pace, now }: TurnPorts,
): Promise<Asked> {
  const { project, jobId } = message;
  const rateLimitedUntil = message.rateLimitedUntil ?? (await pace?.turn(project)) ?? null;
  if (rateLimitedUntil !== null && rateLimitedUntil - now() > SOON_MS)
    return { kind: "waits", rateLimitedUntil };
  const observation = await cce.queryJob({ project, jobId }, { timeLimitMs: deadlineMs });
  if (observation.kind === "throttled") pace?.throttled(project);
  return { kind: "asked", observation };
}
