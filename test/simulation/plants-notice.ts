import type { NoticePorts } from "../../functions/flow/notice.ts";
import type { SweepPorts } from "../../functions/flow/sweep.ts";
import type { Delivery } from "../../lib/runtime/sqs.ts";

/** Goes on whatever the claim answers. */
export function noClaim(ports: NoticePorts): NoticePorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimNotice(wanted) {
        const claim = await ledger.claimNotice(wanted);
        if (claim.kind === "claimed" || claim.kind === "unburied") return claim;
        const standing = {
          attempts: 0,
          throttles: 0,
          throttledSince: null,
          redelivery: wanted.redelivery,
          nextAttemptAt: null,
          slotReserved: false,
        };
        const { target } = wanted.key;
        return {
          kind: "claimed",
          delivery: { ...standing, target, state: "pending", buried: false, history: [] },
        };
      },
      async recordAttempt(record) {
        await ledger.recordAttempt(record);
        return "recorded";
      },
    },
  };
}

/** Records a notice as delivered, and then posts it. */
export function recordBeforePost(ports: NoticePorts, { messageId }: Delivery): NoticePorts {
  const { ledger, deliver, now } = ports;
  return {
    ...ports,
    async deliver(notice, target, budgetMs) {
      const { key, redelivery } = notice;
      const attempt = {
        at: now(),
        verdict: "delivered",
        status: 200,
        durationMs: 0,
        reason: "ok",
        answer: "",
      } as const;
      const record = {
        key,
        redelivery,
        messageId,
        state: "delivered",
        spent: true,
        attempt,
        nextAttemptAt: null,
      } as const;
      await ledger.recordAttempt(record);
      return deliver(notice, target, budgetMs);
    },
  };
}

/** Redelivery numbers from here on mark what a sweep has sent. */
const SWEPT = 1000;

/** Marks the notices that a sweep sends. */
export function markSwept(ports: SweepPorts): SweepPorts {
  const mark = (body: string) =>
    body.replace(/"redelivery":(\d+)/, (_, n) => `"redelivery":${SWEPT + Number(n)}`);
  return {
    ...ports,
    notices: {
      send: (messages) =>
        ports.notices.send(messages.map((message) => ({ ...message, body: mark(message.body) }))),
    },
  };
}

/** Asks for no claim where a notice is marked. */
export function unclaimedIfSwept(ports: NoticePorts, delivery: Delivery): NoticePorts {
  if (!/"redelivery":1\d{3}/.test(delivery.body)) return ports;
  const unclaimed = noClaim(ports);
  const { ledger } = unclaimed;
  const unmark = <T extends { redelivery: number }>(marked: T): T => ({
    ...marked,
    redelivery: marked.redelivery - SWEPT,
  });
  return {
    ...unclaimed,
    ledger: {
      ...ledger,
      claimNotice: (wanted) => ledger.claimNotice(unmark(wanted)),
      recordAttempt: (record) => ledger.recordAttempt(unmark(record)),
      holdNotice: (hold) => ledger.holdNotice(unmark(hold)),
      markBuried: (key, redelivery) => ledger.markBuried(key, redelivery - SWEPT),
    },
  };
}
