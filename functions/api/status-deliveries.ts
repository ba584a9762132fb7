import type { DeliveryDocument } from "../../lib/api/status-document.ts";
import type { Outcome } from "../../lib/domain/job.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification-ledger.ts";
import type { WatchDocument } from "../../lib/ledger/watch-ledger.ts";

/** Whether a target wants to hear of an outcome. One that the config does not know hears of all. */
export type Hears = (target: string, outcome: Outcome) => boolean;

/** The notifications of a watch. One that will never be sent, because its target does not ask for this outcome, is left out. */
export function deliveryDocuments({ watch, deliveries }: WatchDocument, hears: Hears): DeliveryDocument[] {
  const { state } = watch;
  return deliveries
    .filter(
      ({ target, history }) =>
        history.length > 0 || state === "watching" || (state !== "stopped" && hears(target, state)),
    )
    .map(asDocument);
}

function asDocument({ target, state, attempts, nextAttemptAt, history }: DeliveryRecord): DeliveryDocument {
  const last = history.at(-1);
  return {
    target,
    state,
    attempts,
    lastStatus: last?.status ?? null,
    lastReason: last?.reason ?? null,
    at: last === undefined ? null : new Date(last.at).toISOString(),
    nextAttemptAt: nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString(),
    history: history.map(({ at, ...attempt }) => ({ at: new Date(at).toISOString(), ...attempt })),
  };
}
