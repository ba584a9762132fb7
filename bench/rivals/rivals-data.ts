import * as z from "zod";
import measured from "./measured.json" with { type: "json" };

const Rival = z.strictObject({
  bundleBytes: z.number(),
  loadMs: z.number(),
  microsecondsPerPoll: z.number(),
  polls: z.number(),
  latenessSeconds: z.number(),
  /** The number of billed requests and operations per job. Each key is the name of a price in the price list. */
  perJob: z.record(z.string(), z.number()),
  dollarsPerMillionJobs: z.number(),
});
export type Rival = z.infer<typeof Rival>;

/** The names of the compared ways to follow a job. `product` means the CCE job notifier. */
export const RIVAL_NAMES = ["product", "durable", "stepFunctions", "naive", "fixedSchedule"] as const;
export type RivalName = (typeof RIVAL_NAMES)[number];

/** The figures of all ways to follow a job, as `npm run bench:rivals` has stored them. */
export const Rivals = z.strictObject({
  product: Rival,
  durable: Rival,
  stepFunctions: Rival,
  naive: Rival,
  fixedSchedule: Rival,
});
export type Rivals = z.infer<typeof Rivals>;

export const readStoredRivals = (): Rivals => Rivals.parse(measured);
