import type { PollPorts } from "../../functions/poll/create-poll-handler.ts";

type Claims = Pick<PollPorts["ledger"], "claimPoll">;

/** Marks a poll as done together with its claim, before the next poll is sent. */
export function advanceThenSend(ports: PollPorts): PollPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimPoll(wanted) {
        const claim = await ledger.claimPoll(wanted);
        if (claim.kind !== "claimed") return claim;
        const { watch } = claim;
        const { poll, messageId, now } = wanted;
        await ledger.recordPoll({
          ...watch,
          key: wanted.key,
          poll,
          messageId,
          nextPollAt: now,
          rateLimited: false,
          ready: undefined,
          tree: null,
        });
        return claim;
      },
      recordPoll: async () => "recorded",
    },
  };
}

/** Marks a poll as done at its end, before the next poll is sent. */
export function doneBeforeSend(ports: PollPorts): PollPorts {
  const { ledger, pollQueue } = ports;
  let unsent: Parameters<typeof pollQueue.send>[0] = [];
  return {
    ...ports,
    pollQueue: {
      ...pollQueue,
      async send(messages) {
        unsent = [...unsent, ...messages];
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    },
    ledger: {
      ...ledger,
      async recordPoll(record) {
        const isOwn = ({ body }: (typeof unsent)[number]) => JSON.parse(body).jobId === record.key.jobId;
        const messages = unsent.filter(isOwn);
        unsent = unsent.filter((message) => !isOwn(message));
        const recorded = await ledger.recordPoll(record);
        await pollQueue.send(messages);
        return recorded;
      },
    },
  };
}

/** Treats the lease of the same message as the lease of another message. */
export function ackOwnLease<T extends Claims>(ledger: T): T {
  return {
    ...ledger,
    async claimPoll(wanted: Parameters<Claims["claimPoll"]>[0]) {
      const claim = await ledger.claimPoll(wanted);
      return claim.kind === "own_lease" ? { kind: "other_owner" as const } : claim;
    },
  };
}

/** Sends no notification to the last target. */
export function forgetTarget(ports: PollPorts): PollPorts {
  return {
    ...ports,
    notifyQueue: {
      async send(messages) {
        await ports.notifyQueue.send(messages.slice(0, Math.max(1, messages.length - 1)));
        return messages.map(({ id }) => ({ id, kind: "sent" }));
      },
    },
  };
}

/** Hides from each poll that the watch has an operation in place of a job. */
export function operationAsJob(ledger: PollPorts["ledger"]): PollPorts["ledger"] {
  return {
    ...ledger,
    async claimPoll(wanted) {
      const claim = await ledger.claimPoll(wanted);
      return claim.kind === "claimed" ? { ...claim, watch: { ...claim.watch, operation: null } } : claim;
    },
  };
}

/** Hides from each poll that the watch waits until the resource of its job is usable. */
export function concludeAtSuccess(ledger: PollPorts["ledger"]): PollPorts["ledger"] {
  return {
    ...ledger,
    async claimPoll(wanted) {
      const claim = await ledger.claimPoll(wanted);
      return claim.kind === "claimed" ? { ...claim, watch: { ...claim.watch, readyMinutes: null } } : claim;
    },
    async readWatchDocumentOrNull(key) {
      const document = await ledger.readWatchDocumentOrNull(key);
      return document && { ...document, watch: { ...document.watch, readyMinutes: null } };
    },
  };
}

/** Counts each ended job three times. */
export function tripledDurations(ports: PollPorts): PollPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async readDurationCounts(project, jobType) {
        const durations = await ledger.readDurationCounts(project, jobType);
        return durations.map((entry) => ({ ...entry, count: 3 * entry.count }));
      },
    },
  };
}
