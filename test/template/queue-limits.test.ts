import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LAST_ATTEMPT_RECEIVE_COUNT } from "../../functions/notify/record-attempt.ts";
import {
  MAX_POSTPONE_SECONDS,
  SQS_MAX_VISIBILITY_SECONDS,
  VISIBILITY_TIMEOUT_SECONDS,
} from "../../lib/domain/sqs-limits-and-leases.ts";
import { ROOT } from "./own-template.ts";

async function valuesOf(file: string, key: string): Promise<number[]> {
  const text = await readFile(join(ROOT, file), "utf8");
  return [...text.matchAll(new RegExp(`^ +${key}: (\\d+)$`, "gm"))].map(([, value]) => Number(value));
}

test("SQS moves a message to the dead-letter queue only long after the last delivery attempt of the notification", async () => {
  const limits = await valuesOf("resources/queues.yml", "maxReceiveCount");
  expect(limits).toHaveLength(2);
  for (const limit of limits) expect(limit).toBeGreaterThanOrEqual(LAST_ATTEMPT_RECEIVE_COUNT + 100);
});

test("the visibility timeout of both queues is the one that the longest postponement of a message assumes", async () => {
  const timeouts = await valuesOf("resources/queues.yml", "VisibilityTimeout");
  expect(timeouts).toEqual([VISIBILITY_TIMEOUT_SECONDS, VISIBILITY_TIMEOUT_SECONDS]);
});

test("a message that a batch postpones one visibility timeout after the receive is hidden for less than 12 hours", async () => {
  const [functionSeconds = Number.NaN] = await valuesOf("serverless.yml", "timeout");
  const postponedAtSeconds = VISIBILITY_TIMEOUT_SECONDS + functionSeconds;
  expect(postponedAtSeconds + MAX_POSTPONE_SECONDS).toBeLessThan(SQS_MAX_VISIBILITY_SECONDS);
});
