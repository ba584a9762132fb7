import { sharedConfigWith, T0 } from "./draw-inputs.ts";
import type { RunResult } from "./evaluate-run.ts";
import { NO_FAULTS } from "./fault-rates.ts";
import { FAULT_SCENARIOS, type FaultScenario } from "./fault-scenarios.ts";
import { NO_PLANT, type Plant } from "./plant.ts";
import { runToEnd, startService } from "./run-service.ts";
import { createSimulation, type EffectFault } from "./simulation.ts";

/** The faults of one request, by name. A function has a time limit of 29 seconds. */
export const REQUEST_FAULTS: Readonly<Record<string, EffectFault>> = {
  "the function crashes before the request": { kind: "crash_before" },
  "the function crashes after the request": { kind: "crash_after" },
  "the request takes effect 10 seconds late": { kind: "late_effect", ms: 10_000 },
  "the request takes effect after the time limit of the function": { kind: "late_effect", ms: 40_000 },
  "the answer is 10 seconds late": { kind: "late_answer", ms: 10_000 },
  "the answer comes after the time limit of the function": { kind: "late_answer", ms: 40_000 },
  "the request takes effect twice": { kind: "twice" },
  "the request fails": { kind: "error_before" },
  "the request takes effect, but fails": { kind: "error_after" },
  "the request is never answered and has no effect": { kind: "never_applied" },
  "the request takes effect, but is never answered": { kind: "never_answered" },
  "the instance freezes until the lease has ended": { kind: "freeze", ms: 120_000 },
};

/**
 * The service sends each request to a receiver once. If a proxy repeats such a request, the receiver gets the same
 * `webhook-id` twice, and the service cannot prevent this.
 */
const isPossible = (fault: EffectFault, step: string) =>
  !(fault.kind === "twice" && step === "notify deliver");

/** A request of a run: the function and the kind of the request, for example `poll ledger.claimPoll`. */
export interface Step {
  readonly index: number;
  readonly name: string;
}

interface ScenarioRun {
  readonly result: RunResult;
  readonly steps: readonly Step[];
  readonly trace: readonly string[];
}

interface FaultReport {
  readonly runs: number;
  /** The requests that had each fault at least once, sorted. */
  readonly steps: readonly string[];
  readonly duplicates: number;
  /** The first ten runs that broke a promise. */
  readonly faulty: readonly string[];
}

/**
 * Runs a scenario with the given faults and no others.
 * @param faults the fault of each request, by the number of the request in the run.
 * @param options.listsSteps false if the caller does not need the steps, which take time. The result has no steps then.
 */
export async function runScenario(
  scenario: FaultScenario,
  faults: ReadonlyMap<number, EffectFault>,
  options: { readonly plant?: Plant; readonly traced?: boolean; readonly listsSteps?: boolean } = {},
): Promise<ScenarioRun> {
  const { plant = NO_PLANT, traced = false, listsSteps = true } = options;
  const steps: Step[] = [];
  const simulation = createSimulation({
    seed: 5,
    start: T0,
    faultsEndAt: T0,
    traced,
    effectFault: (index, label, _simulation, invocation) => {
      if (listsSteps) steps.push({ index, name: stepName(invocation.name, label) });
      return faults.get(index) ?? { kind: "none" };
    },
    latencyMs: () => 5,
  });
  const poll = { maxDelaySeconds: 20, minDelaySeconds: 20 };
  const run = startService({
    simulation,
    config: sharedConfigWith({ poll, ...scenario.settings }, scenario.project),
    rates: NO_FAULTS,
    plant,
    hasSweep: scenario.hasSweep,
    maxReceiveCount: 1000,
    maximumConcurrency: 2,
  });
  scenario.plan(run);
  return { result: await runToEnd(run), steps, trace: simulation.trace };
}

function stepName(invocation: string, label: string): string {
  const [functionName = ""] = invocation.split("-");
  const [request = ""] = label.split(" ");
  return `${functionName} ${request}`;
}

/** Returns what a run broke of the promise of its scenario. */
export function findBrokenPromises({ expected }: FaultScenario, result: RunResult): readonly string[] {
  const differences = (Object.keys(expected) as (keyof typeof expected)[])
    .filter((name) => result[name] !== expected[name])
    .map((name) => `${name}: ${result[name]} instead of ${expected[name]}`);
  return [...result.faults, ...differences];
}

/** Runs every scenario with every fault at every request. */
export async function faultEverywhere(
  scenarios: readonly FaultScenario[] = FAULT_SCENARIOS,
  plant: Plant = NO_PLANT,
): Promise<FaultReport> {
  const covered = new Set<string>();
  const faulty: string[] = [];
  let [runs, duplicates] = [0, 0];
  for (const scenario of scenarios) {
    const { steps } = await runScenario(scenario, new Map(), { plant });
    for (const [name, fault] of Object.entries(REQUEST_FAULTS)) {
      for (const step of steps.filter((each) => isPossible(fault, each.name))) {
        const faults = new Map([[step.index, fault]]);
        const { result } = await runScenario(scenario, faults, { plant, listsSteps: false });
        runs += 1;
        duplicates += result.duplicates;
        covered.add(step.name);
        const broken = findBrokenPromises(scenario, result);
        if (broken.length > 0 && faulty.length < 10)
          faulty.push(
            `${scenario.name}: ${name}, request ${step.index} (${step.name}): ${broken.join("; ")}`,
          );
      }
    }
  }
  return { runs, steps: [...covered].sort(), duplicates, faulty };
}
