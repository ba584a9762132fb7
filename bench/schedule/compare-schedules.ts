import * as z from "zod";
import { findOptimalSchedule } from "./optimum.ts";
import { OTHER_CLIENTS } from "./other-clients.ts";
import { type Figures, measurePollCosts } from "./poll-costs.ts";
import { countDurations, createProductSchedule } from "./product-polls.ts";
import { createSeededRandom } from "./seeded-random.ts";

const Seconds = z.array(z.number().min(0).max(31_536_000));

export const Comparison = z.strictObject({
  jobType: z.string(),
  pollCostSeconds: z.number().positive().max(3600).default(1),
  history: Seconds,
  test: Seconds.min(1),
});
export type Comparison = z.infer<typeof Comparison>;

/**
 * The number of simulated runs for a poll schedule with random delays. 600 runs give a stable mean, and take about a
 * second.
 */
const RUNS = 600;

/**
 * Computes what the jobs in `test` cost with the poll schedule of this service, with those of other clients, and with
 * the optimal schedule. The service learns its schedule from the jobs in `history`.
 */
export function compareSchedules({ jobType, pollCostSeconds, history, test }: Comparison) {
  const random = createSeededRandom(1);
  const durations = countDurations(history);
  const repeats = Math.max(1, Math.round(RUNS / test.length));
  const product = measurePollCosts(
    test,
    pollCostSeconds,
    () => createProductSchedule(jobType, pollCostSeconds, durations, random),
    repeats,
  );
  const otherClients: Record<string, Figures> = {};
  for (const [name, next] of Object.entries(OTHER_CLIENTS))
    otherClients[name] = measurePollCosts(test, pollCostSeconds, () => next);
  const best = findOptimalSchedule(test, pollCostSeconds);
  return { ...product, peers: otherClients, optimum: measurePollCosts(test, pollCostSeconds, () => best) };
}
