import type { ConcludePorts } from "../../functions/flow/conclude.ts";
import type { LookPorts } from "../../functions/flow/look.ts";

type Claims = Pick<LookPorts["ledger"], "claimLook">;

/** Counts a look as done when it is claimed, before the next one has been sent. */
export function advanceThenSend(ports: LookPorts): LookPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimLook(wanted) {
        const claim = await ledger.claimLook(wanted);
        if (claim.kind !== "claimed") return claim;
        const { watch } = claim;
        const { look, messageId, now } = wanted;
        await ledger.recordLook({
          ...watch,
          key: wanted.key,
          look,
          messageId,
          at: now,
          nextLookAt: now,
          waited: false,
          tree: null,
        });
        return claim;
      },
      recordLook: async () => "recorded",
    },
  };
}

/** Marks a look done first, and then sends the next. */
export function doneBeforeSend(ports: LookPorts): LookPorts {
  const { ledger, polls } = ports;
  let unsent: Parameters<typeof polls.send>[0] = [];
  return {
    ...ports,
    polls: {
      async send(messages) {
        unsent = messages;
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    },
    ledger: {
      ...ledger,
      async recordLook(record) {
        const messages = unsent;
        const recorded = await ledger.recordLook(record);
        await polls.send(messages);
        return recorded;
      },
    },
  };
}

/** Takes its own message's live lease for somebody else's. */
export function ackOwnLease<T extends Claims>(ledger: T): T {
  return {
    ...ledger,
    async claimLook(wanted: Parameters<Claims["claimLook"]>[0]) {
      const claim = await ledger.claimLook(wanted);
      return claim.kind === "mine" ? { kind: "theirs" as const } : claim;
    },
  };
}

/** Tells all targets but the last. */
export function forgetTarget(ports: ConcludePorts): ConcludePorts {
  return {
    ...ports,
    notices: {
      async send(messages) {
        await ports.notices.send(messages.slice(0, Math.max(1, messages.length - 1)));
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    },
  };
}
