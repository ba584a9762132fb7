import type { Ledger } from "../../lib/ledger/ledger.ts";
import { type FaultRates, ratesNow } from "./faults.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import type { Actor, World } from "./world.ts";

const METHODS = [
  ...(["open", "claimPoll", "recordPoll", "readAcceptance", "saveOutcome", "readOutcome"] as const),
  ...(["end", "stop", "read", "overdue", "reschedule", "revisit", "recent"] as const),
  ...([
    "claimNotification",
    "recordAttempt",
    "postponeNotification",
    "readDelivery",
    "markDeadLettered",
    "reopenNotification",
  ] as const),
  ...([
    "readTarget",
    "reserveRateLimit",
    "tryAcquireRateLimit",
    "pauseTarget",
    "switchOff",
    "switchOn",
  ] as const),
  ...(["addDuration", "readDurations", "openDigest", "finishDigestMember", "readDigest"] as const),
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
  const { kind, why, poll } = value as { kind?: unknown; why?: unknown; poll?: unknown };
  return kind === undefined ? "…" : [kind, why, poll].filter((part) => part !== undefined).join(" ");
}
