import type { Ledger } from "../../lib/ledger/ledger.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import type { Actor, World } from "./world.ts";

const METHODS: readonly (keyof Ledger)[] = [
  "openWatch",
  "claimPoll",
  "recordPoll",
  "readCallerData",
  "saveOutcomeOnce",
  "readOutcome",
  "endWatch",
  "stopWatch",
  "readWatch",
  "listOverdue",
  "rescheduleSweep",
  "scheduleSweep",
  "listRecentWatches",
  "claimNotification",
  "recordAttempt",
  "postponeNotification",
  "readDelivery",
  "markDeadLettered",
  "startRedelivery",
  "readTarget",
  "throttleTarget",
  "switchTargetOff",
  "switchTargetOn",
  "reserveRequestTime",
  "tryAcquireRequest",
  "addDuration",
  "readDurations",
  "createDigest",
  "removeRunningMember",
  "readDigest",
];

/** A store that refused, or did not answer: then it may have written. */
class LedgerFault extends Error {
  override name = "LedgerFault";
}

/** The ledger as one invocation reaches it: over a network, through a store that throttles and times out. */
export function faultyLedger(world: World, actor: Actor, ledger: MemoryLedger, rates: FaultRates): Ledger {
  type Call = (...args: unknown[]) => Promise<unknown>;
  const methods = METHODS.map((name) => {
    const call = ledger[name] as Call;
    return [name, (...args: unknown[]) => effect(name, () => call(...args))];
  });

  function effect(name: string, call: () => Promise<unknown>): Promise<unknown> {
    return world.effect(actor, `ledger.${name}`, async () => {
      const { throttled, timedOut, repeated } = ratesNow(world, rates);
      const drawn = world.chance.next();
      if (drawn < throttled) {
        world.note(actor, `${name}: throttled`);
        throw new LedgerFault("throttled");
      }
      const first = call();
      const answer = drawn > 1 - repeated ? call() : first;
      if (drawn < throttled + timedOut) {
        world.note(actor, `${name}: done, but no answer`);
        throw new LedgerFault("timed out");
      }
      const value = await answer;
      world.note(actor, `${name}: ${brief(value)}`);
      return value;
    });
  }

  const faulty = Object.fromEntries(methods) as Ledger;
  return {
    ...faulty,
    async claimNotification(claim) {
      const claimed = await faulty.claimNotification(claim);
      if (claimed.kind === "claimed") actor.claims.set(JSON.stringify(claim.key), claim.now);
      return claimed;
    },
  };
}

function brief(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { kind, reason, poll } = value as { kind?: unknown; reason?: unknown; poll?: unknown };
  return kind === undefined ? "…" : [kind, reason, poll].filter((part) => part !== undefined).join(" ");
}
