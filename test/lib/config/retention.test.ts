import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../../lib/config/retention.ts";
import fc from "../../support/properties.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);

function settingsWith(settings: object) {
  const parsed = parseWholeConfig({ settings });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return parsed.config.settings;
}

it("keeps a watch for the configured number of days", () => {
  expect(computeExpiryAsLaterOfRetentionAndRetries(NOW, settingsWith({}))).toBe(NOW + 30 * DAY_MS);
  expect(computeExpiryAsLaterOfRetentionAndRetries(NOW, settingsWith({ retentionDays: 365 }))).toBe(
    NOW + 365 * DAY_MS,
  );
});

it("keeps a watch until its last dead letter leaves the queue, whatever the configured number of days", () => {
  const wait = fc.integer({ min: 0, max: 43_200 });
  const days = fc.double({ min: 0.0001, max: 3650, noNaN: true });
  fc.assert(
    fc.property(days, fc.array(wait, { minLength: 1, maxLength: 30 }), (retentionDays, scheduleSeconds) => {
      const settings = settingsWith({ retentionDays, retry: { scheduleSeconds } });
      const latest = scheduleSeconds.reduce((sum, seconds) => sum + 1.2 * seconds * 1000, 0);
      expect(computeExpiryAsLaterOfRetentionAndRetries(NOW, settings)).toBeGreaterThanOrEqual(
        NOW + latest + 15 * DAY_MS - 1,
      );
      expect(computeExpiryAsLaterOfRetentionAndRetries(NOW, settings)).toBeGreaterThanOrEqual(
        NOW + retentionDays * DAY_MS,
      );
    }),
  );
});
