import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LAST_ATTEMPT_RECEIVE_COUNT } from "../../functions/notify/record-attempt.ts";
import { ROOT } from "./own-template.ts";

test("SQS moves a message to the dead-letter queue only long after the last delivery attempt of the notification", async () => {
  const queues = await readFile(join(ROOT, "resources/queues.yml"), "utf8");
  const limits = [...queues.matchAll(/maxReceiveCount: (\d+)/g)].map(([, limit]) => Number(limit));
  expect(limits).toHaveLength(2);
  for (const limit of limits) expect(limit).toBeGreaterThanOrEqual(LAST_ATTEMPT_RECEIVE_COUNT + 100);
});
