import fc from "fast-check";
import type { OutgoingMessage } from "../../../lib/queue/queue.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_MESSAGES, toBatches } from "../../../lib/queue/sqs-queue.ts";

const message = (bytes: number): OutgoingMessage => ({ id: "m", body: "x".repeat(bytes), delaySeconds: 0 });

describe("cutting messages into batches", () => {
  it("loses none, keeps their order, and stays within what SQS takes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: MAX_BATCH_BYTES }), { maxLength: 40 }), (sizes) => {
        const batches = toBatches(sizes.map(message));
        expect(batches.flat().map(({ body }) => body.length)).toEqual(sizes);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_MESSAGES);
          expect(batch.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("counts attributes, and bytes instead of characters", () => {
    const half = { ...message(0), body: "ü".repeat(MAX_BATCH_BYTES / 4) };
    expect(toBatches([half, half])).toHaveLength(1);
    expect(toBatches([half, { ...half, attributes: { reason: "r" } }])).toHaveLength(2);
  });

  it("leaves a message that is too large alone", () => {
    expect(toBatches([message(1), message(MAX_BATCH_BYTES + 1), message(1)])).toHaveLength(3);
  });
});
