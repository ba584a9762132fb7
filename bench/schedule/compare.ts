import * as z from "zod";
import { type Figures, measure } from "./figures.ts";
import { optimum } from "./optimum.ts";
import { PEERS } from "./peers.ts";
import { productPolls, remembered } from "./product.ts";
import { seededRandom } from "./random.ts";

const Seconds = z.array(z.number().min(0).max(31_536_000));

export const Comparison = z.strictObject({
  jobType: z.string(),
  pollCostSeconds: z.number().positive().max(3600).default(1),
  history: Seconds,
  test: Seconds.min(1),
});
export type Comparison = z.infer<typeof Comparison>;

/** Enough runs for chance to even out, and no more than a second's work. */
const RUNS = 600;

/** Learns from the history and follows the test's jobs: the product, its peers, and the best that could be done. */
export function compare({ jobType, pollCostSeconds, history, test }: Comparison) {
  const random = seededRandom(1);
  const durations = remembered(history);
  const repeats = Math.max(1, Math.round(RUNS / test.length));
  const product = measure(
    test,
    pollCostSeconds,
    () => productPolls(jobType, pollCostSeconds, durations, random),
    repeats,
  );
  const peers: Record<string, Figures> = {};
  for (const [name, next] of Object.entries(PEERS)) peers[name] = measure(test, pollCostSeconds, () => next);
  const best = optimum(test, pollCostSeconds);
  return { ...product, peers, optimum: measure(test, pollCostSeconds, () => best) };
}
