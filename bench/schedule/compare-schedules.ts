import * as z from "zod";
import { optimum } from "./optimum.ts";
import { OTHER_CLIENTS } from "./other-clients.ts";
import { type Figures, measure } from "./poll-costs.ts";
import { durationCounts, productPolls } from "./product-polls.ts";
import { seededRandom } from "./seeded-random.ts";

const Seconds = z.array(z.number().min(0).max(31_536_000));

export const Comparison = z.strictObject({
  jobType: z.string(),
  pollCostSeconds: z.number().positive().max(3600).default(1),
  history: Seconds,
  test: Seconds.min(1),
});
export type Comparison = z.infer<typeof Comparison>;

/** Enough runs to average out chance, in about a second. */
const RUNS = 600;

/** Polls the test's jobs as the product, as other clients and by the optimum. The product learns from the history. */
export function compareSchedules({ jobType, pollCostSeconds, history, test }: Comparison) {
  const random = seededRandom(1);
  const durations = durationCounts(history);
  const repeats = Math.max(1, Math.round(RUNS / test.length));
  const product = measure(
    test,
    pollCostSeconds,
    () => productPolls(jobType, pollCostSeconds, durations, random),
    repeats,
  );
  const otherClients: Record<string, Figures> = {};
  for (const [name, next] of Object.entries(OTHER_CLIENTS))
    otherClients[name] = measure(test, pollCostSeconds, () => next);
  const best = optimum(test, pollCostSeconds);
  return { ...product, peers: otherClients, optimum: measure(test, pollCostSeconds, () => best) };
}
