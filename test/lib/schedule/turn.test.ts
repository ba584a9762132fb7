import { awaitTurn } from "../../../lib/schedule/turn.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const accessError = { kind: "forbidden", since: NOW - MINUTE_MS } as const;
const watch = {
  acceptedAt: NOW - 60 * MINUTE_MS,
  deadlineAt: NOW + 60 * MINUTE_MS,
  consecutiveFailures: 3,
  accessError,
  lastPollError: null,
};
const dueIn = (minutes: number) => ({ ...watch, deadlineAt: NOW + minutes * MINUTE_MS });

describe("a poll that waits for its turn", () => {
  it("comes again when its turn comes, and changes nothing that is known of the job", () => {
    expect(awaitTurn(watch, NOW + 61_500, NOW)).toEqual({
      kind: "poll_again",
      delaySeconds: 62,
      consecutiveFailures: 3,
      accessError,
      lastPollError: null,
    });
  });

  it("comes again sooner where the queue cannot delay it for so long", () => {
    expect(awaitTurn(watch, NOW + 20 * MINUTE_MS, NOW)).toMatchObject({ delaySeconds: 900 });
  });

  it("waits beyond the deadline, for a job is not timed out that nobody has asked for", () => {
    expect(awaitTurn(dueIn(-1), NOW + 10 * MINUTE_MS, NOW)).toMatchObject({ delaySeconds: 600 });
    expect(awaitTurn(dueIn(1), NOW + 10 * MINUTE_MS, NOW)).toMatchObject({ delaySeconds: 600 });
  });

  it("ends at the deadline, with the reason, where its turn would come an hour later or more", () => {
    expect(awaitTurn(dueIn(1), NOW + 62 * MINUTE_MS, NOW)).toMatchObject({
      kind: "poll_again",
      delaySeconds: 60,
    });
    expect(awaitTurn(dueIn(0), NOW + 61 * MINUTE_MS, NOW)).toEqual({
      kind: "conclude",
      outcome: "timed_out",
      reason:
        "The deadline of 60 min has passed; its project's quota of queries left no turn for a last poll.",
    });
  });
});
