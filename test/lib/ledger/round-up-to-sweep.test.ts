import { roundUpToLastMsBeforeSweep } from "../../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import fc from "../../support/properties.ts";

const MINUTE_MS = 60_000;

test("a rounded time is found by the same run of the sweep as the exact time", () => {
  fc.assert(
    fc.property(fc.nat(1e13), fc.integer({ min: 1, max: 60 }), fc.nat(100), (at, minutes, runs) => {
      const intervalMs = minutes * MINUTE_MS;
      const rounded = roundUpToLastMsBeforeSweep(at, intervalMs);
      expect(rounded).toBeGreaterThanOrEqual(at);
      // A run finds the times before its start.
      const run = Math.floor(at / intervalMs + runs - 50) * intervalMs;
      expect(rounded < run).toBe(at < run);
    }),
  );
});

test("an interval of one millisecond keeps the exact time", () => {
  expect(roundUpToLastMsBeforeSweep(1_800_000_000_123, 1)).toBe(1_800_000_000_123);
});
