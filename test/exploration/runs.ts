import { crash, proceed, type Rules } from "./steps.ts";
import type { System } from "./system.ts";

/** The state after an invocation has ended or crashed without an interruption. */
export interface RunEnd {
  readonly system: System;
  /** The number of steps until this state. */
  readonly steps: number;
  /** The number of steps after which the invocation crashed, or null if it did not crash. */
  readonly crashAfter: number | null;
  /** The violations that the run has shown. */
  readonly faults: readonly string[];
}

/**
 * Runs the current invocation until its end. Returns the state after the end, and the states after a crash at each step
 * that has changed something. If no preemption is left, the scheduler can only choose between these states, so the
 * exploration does not store the states between them. The states between them are checked too.
 * @param check returns the violations of a state
 */
export async function runToEnd(
  started: System,
  rules: Rules,
  check: (system: System) => readonly string[],
): Promise<readonly RunEnd[]> {
  const results: RunEnd[] = [];
  let system = started;
  for (let steps = 0; ; steps += 1) {
    const running = system.invocations.find(({ name }) => name === system.current);
    if (running === undefined) return [...results, { system, steps, crashAfter: null, faults: [] }];
    if (running.hasEffect) {
      const faults = check(system);
      if (faults.length > 0) return [...results, { system, steps, crashAfter: null, faults }];
      if (!system.hasCrashed)
        results.push({ system: crash(system, running), steps: steps + 1, crashAfter: steps, faults: [] });
    }
    system = await proceed(system, running, rules);
  }
}
