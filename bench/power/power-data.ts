import * as z from "zod";
import { createLimitTarget, type Target } from "../support/figures.ts";
import measured from "./measured.json" with { type: "json" };

/** The memory sizes at which each function is measured. With 1,769 MB, Lambda gives a function one whole processor. */
export const MEMORY_SIZES = [128, 256, 512, 1024, 1769] as const;
export const MEGABYTES_PER_PROCESSOR = 1769;

const PowerRow = z.strictObject({
  memoryMegabytes: z.number(),
  /** The duration of the first invocation after the initialization, for an event with one job, poll or notification. */
  firstCallMs: z.number(),
  /**
   * The duration of the first invocation if the event contains 100 jobs or ten messages, in milliseconds. The value is
   * null for a function that gets only small events.
   */
  firstCallOf100Ms: z.number().nullable(),
  /** The duration of a later invocation, for an event with one job, poll or notification. */
  warmMs: z.number(),
  /** The gigabyte-seconds that Lambda bills for one invocation after the first, with one job, poll or notification. */
  gbSeconds: z.number(),
  /** True if serverless.yml sets this memory size for the function. */
  chosen: z.boolean(),
});
export type PowerRow = z.infer<typeof PowerRow>;

/** The figures of the measurement, as the bench prints them in JSON. */
export const PowerFigures = z.strictObject({
  /** How the bench limited the CPU time of the functions: by a control group or by signals. */
  cpuLimit: z.enum(["cgroup v1", "cgroup v2", "SIGSTOP"]),
  power: z.record(z.string(), z.array(PowerRow)),
});
export type PowerFigures = z.infer<typeof PowerFigures>;

/** The figures that the command `npm run bench -- power --store` has stored. */
export const readStoredPower = (): PowerFigures => PowerFigures.parse(measured);

/** Returns two durations of the first call of `enqueue`, each with its maximum: for one job and for 100 jobs. */
export function createPowerTargets({ power }: Pick<PowerFigures, "power">): readonly Target[] {
  const chosen = power.enqueue?.find((row) => row.chosen);
  if (chosen === undefined) return [];
  return [
    createLimitTarget("first call of enqueue with one job", chosen.firstCallMs, 450, " ms"),
    createLimitTarget(
      "first call of enqueue with 100 jobs",
      chosen.firstCallOf100Ms ?? Number.NaN,
      1000,
      " ms",
    ),
  ];
}
