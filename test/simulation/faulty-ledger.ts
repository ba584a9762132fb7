import type { Ledger } from "../../lib/ledger/ledger.ts";
import { type FaultRates, ratesNow } from "./fault-rates.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import type { Invocation, Simulation } from "./simulation.ts";

export const LEDGER_METHODS: readonly (keyof Ledger)[] = [
  "startOrExtendWatch",
  "claimPoll",
  "undoPollClaim",
  "recordPoll",
  "readCallerData",
  "getOrCreateOutcome",
  "readOutcomeWithoutTree",
  "endWatchUnlessTargetsAdded",
  "stopWatch",
  "readWatchDocumentOrNull",
  "listJobWatchesNewestFirst",
  "listOverdueWatches",
  "rescheduleSweepIfUnchanged",
  "scheduleSweepByAndExtendExpiry",
  "listRecentWatches",
  "claimNotification",
  "recordAttemptIfClaimed",
  "postponeNotificationAndEndLease",
  "readDeliveryOrPendingRecord",
  "markDeadLettered",
  "startRedeliveryIfLatestIs",
  "readTargetState",
  "throttleTargetUntilAtLeast",
  "getOrSetTargetGoneSince",
  "clearTargetGone",
  "switchTargetOff",
  "switchTargetOn",
  "reserveRequestTime",
  "addDuration",
  "readDurationCounts",
  "createDigestIfAbsent",
  "removeRunningMemberAndCountRemaining",
  "readDigest",
  "claimDiscoveryIfDueOrRequested",
  "requestDiscoverySoon",
  "saveDiscoveryIfUnchanged",
  "saveSmnMessageIdOnce",
  "hasSmnMessageId",
  "getOrCreateSlowRecord",
  "readSlowRecord",
  "readLatestDurations",
  "addLatestDurations",
  "readProgressEventuallyConsistent",
  "countUnfinishedWatchesApproximately",
  "addWaitingCallUnlessTooMany",
  "removeWaitingCall",
];

/** The store was throttled or timed out. After a timeout the write may have been done. */
class LedgerFault extends Error {
  override name = "LedgerFault";
}
// A new error stores its stack trace. That would take several percent of the time of the simulation.
const THROTTLED = new LedgerFault("throttled");
const TIMED_OUT = new LedgerFault("timed out");

/** Returns the ledger for one invocation, with the faults of a store. */
export function faultyLedger(
  simulation: Simulation,
  invocation: Invocation,
  ledger: MemoryLedger,
  rates: FaultRates,
): Ledger {
  type Call = (...args: unknown[]) => Promise<unknown>;

  function effect(name: string, call: () => Promise<unknown>): Promise<unknown> {
    return simulation.effect(invocation, `ledger.${name}`, async () => {
      const { throttled, timedOut, repeated } = ratesNow(simulation, rates);
      const drawn = simulation.random.next();
      if (drawn < throttled) {
        simulation.note(invocation, `${name}: throttled`);
        throw THROTTLED;
      }
      const first = call();
      const answer = drawn > 1 - repeated ? call() : first;
      if (drawn < throttled + timedOut) {
        simulation.note(invocation, `${name}: done, but the answer is lost`);
        throw TIMED_OUT;
      }
      const value = await answer;
      simulation.note(invocation, `${name}: ${brief(value)}`);
      return value;
    });
  }

  const claimNotification: Ledger["claimNotification"] = async (claim) => {
    const claimed = (await effect("claimNotification", () => ledger.claimNotification(claim))) as Awaited<
      ReturnType<Ledger["claimNotification"]>
    >;
    if (claimed.kind === "claimed") invocation.claims.set(JSON.stringify(claim.key), claim.now);
    return claimed;
  };
  // An invocation uses few of the methods, so each method is created when it is used.
  return new Proxy<Ledger>(ledger, {
    get(_, name) {
      if (name === "claimNotification") return claimNotification;
      const call = Reflect.get(ledger, name) as Call;
      return (...args: unknown[]) => effect(String(name), () => call(...args));
    },
  });
}

function brief(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { kind, reason, poll } = value as { kind?: unknown; reason?: unknown; poll?: unknown };
  return kind === undefined ? "…" : [kind, reason, poll].filter((part) => part !== undefined).join(" ");
}
