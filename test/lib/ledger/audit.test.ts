import type { WatchState } from "../../../lib/domain/job.ts";
import { classifyWatchForAudit, isDiscoveryWatch } from "../../../lib/ledger/audit.ts";
import { T0 } from "./samples.ts";

/** The audit accepts a delay of an hour and a half. */
const GRACE_MS = 90 * 60_000;

it.each<[string, WatchState, number | null, number, string]>([
  ["a running watch that is due later", "watching", T0 + 1, T0 + 1, "live"],
  [
    "a running watch that the sweep has to check almost since the grace time",
    "watching",
    T0 - GRACE_MS + 1,
    T0,
    "live",
  ],
  [
    "a running watch that the sweep has not checked for the grace time",
    "watching",
    T0 - GRACE_MS,
    T0,
    "orphaned",
  ],
  ["a running watch almost the grace time after its deadline", "watching", T0, T0 - GRACE_MS + 1, "live"],
  ["a running watch the grace time after its deadline", "watching", T0, T0 - GRACE_MS, "orphaned"],
  ["a running watch that the sweep never checks", "watching", null, T0 + 1, "orphaned"],
  ["a stopped watch", "stopped", null, 0, "stopped"],
  ["a watch with an outcome", "lost", null, 0, "concluded"],
])("for the audit, %s (%s, %d, %d) is %s", (_, state, dueAt, deadlineAt, expected) => {
  expect(classifyWatchForAudit({ state, dueAt, deadlineAt }, T0)).toBe(expected);
});

it("a watch belongs to discovery only if its caller is discovery", () => {
  expect(isDiscoveryWatch({ caller: "discover:prod" })).toBe(true);
  expect(isDiscoveryWatch({ caller: "token:discover:prod" })).toBe(false);
});
