import { createRandomSource, type RandomSource } from "../../local/random-source.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";

/** One invocation of a function. The invocation ends with an answer, a timeout or a crash. */
export interface Invocation {
  readonly name: string;
  readonly deadlineAt: number;
  alive: boolean;
  /** The invocation receives no answers before this time. */
  frozenUntil: number;
  /** The time at which the invocation claimed each notification. */
  readonly claims: Map<string, number>;
}

/** A fault of the invocation at one effect. */
export type EffectFault =
  | { readonly kind: "none" }
  /** The invocation crashes before or after the effect. */
  | { readonly kind: "crash_before" }
  | { readonly kind: "crash_after" }
  /** The instance freezes before the answer arrives, and continues later. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** The request takes effect late, or takes effect at once and is answered late. */
  | { readonly kind: "late_effect" | "late_answer"; readonly ms: number }
  /** The request takes effect twice, because a client or a server repeated the request. */
  | { readonly kind: "twice" }
  /** The request fails before or after it took effect. */
  | { readonly kind: "error_before" | "error_after" }
  /** The request is never answered. It takes effect or not. */
  | { readonly kind: "never_applied" | "never_answered" };

/** The error of a request that failed because of a planned fault. */
class RequestFault extends Error {
  override readonly name = "RequestFault";
}

export interface Simulation {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly now: () => number;
  /** Returns the time after which no faults happen. */
  readonly faultsEndAt: () => number;
  /** Returns the number of effects in the run. */
  readonly effects: () => number;
  readonly trace: string[];
  note(invocation: Invocation | null, text: string): void;
  invocation(name: string, limitMs: number): Invocation;
  /**
   * Makes one request of an invocation to another service.
   * @param apply applies the effect at once. The promise of `apply` settles without further events.
   * @param failed returns the answer of a failed request, if the client of the other service throws no errors.
   * @param failed.isApplied whether the request took effect
   * The returned promise never settles after the end of the invocation.
   */
  effect<T>(
    invocation: Invocation,
    label: string,
    apply: () => Promise<T>,
    failed?: (isApplied: boolean) => T,
  ): Promise<T>;
}

interface SimulationOptions {
  readonly seed: number;
  readonly start: number;
  readonly faultsEndAt: number;
  readonly traced: boolean;
  readonly effectFault: (
    index: number,
    label: string,
    simulation: Simulation,
    invocation: Invocation,
  ) => EffectFault;
  readonly latencyMs: (simulation: Simulation, label: string) => number;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const scheduler = createScheduler(options.start);
  const trace: string[] = [];
  let effects = 0;
  let invocations = 0;

  const simulation: Simulation = {
    scheduler,
    random: createRandomSource(options.seed),
    now: scheduler.now,
    faultsEndAt: () => options.faultsEndAt,
    effects: () => effects,
    trace,
    note(invocation, text) {
      if (!options.traced) return;
      const seconds = ((scheduler.now() - options.start) / 1000).toFixed(3).padStart(10);
      trace.push(`${seconds} ${invocation?.name ?? "-"} ${text}`);
    },
    invocation(name, limitMs) {
      invocations += 1;
      const deadlineAt = scheduler.now() + limitMs;
      return { name: `${name}-${invocations}`, deadlineAt, alive: true, frozenUntil: 0, claims: new Map() };
    },
    effect: (invocation, label, apply, failed = throwFault) =>
      new Promise((resolve, reject) => {
        if (!invocation.alive) return;
        const index = effects;
        effects += 1;
        const effectFault = options.effectFault(index, label, simulation, invocation);
        if (effectFault.kind === "crash_before") {
          crash(invocation, `before #${index} ${label}`);
          return;
        }
        const lateMs = effectFault.kind === "late_effect" ? effectFault.ms : 0;
        scheduler.after(options.latencyMs(simulation, label) + lateMs, () => {
          if (effectFault.kind !== "none")
            simulation.note(invocation, `${effectFault.kind} #${index} ${label}`);
          const answer = applyWith(effectFault, apply, failed);
          if (effectFault.kind === "crash_after") crash(invocation, `after #${index} ${label}`);
          if (effectFault.kind === "freeze") freeze(invocation, effectFault.ms, `at #${index} ${label}`);
          const settle = (run: () => void) => {
            if (effectFault.kind !== "late_answer") whenAwake(invocation, run);
            else scheduler.after(effectFault.ms, () => whenAwake(invocation, run));
          };
          answer.then(
            (value) => settle(() => resolve(value)),
            (error: unknown) => settle(() => reject(error)),
          );
        });
      }),
  };

  function crash(invocation: Invocation, where: string): void {
    invocation.alive = false;
    simulation.note(invocation, `crashes ${where}`);
  }

  function freeze(invocation: Invocation, ms: number, where: string): void {
    invocation.frozenUntil = scheduler.now() + ms;
    simulation.note(invocation, `freezes for ${Math.round(ms / 1000)} s ${where}`);
  }

  function whenAwake(invocation: Invocation, run: () => void): void {
    if (!invocation.alive) return;
    if (invocation.frozenUntil <= scheduler.now()) run();
    else scheduler.at(invocation.frozenUntil, () => whenAwake(invocation, run));
  }

  return simulation;
}

function throwFault(): never {
  throw new RequestFault("The request failed.");
}

/** Applies an effect as its fault says, and returns the answer. */
async function applyWith<T>(
  { kind }: EffectFault,
  apply: () => Promise<T>,
  failed: (isApplied: boolean) => T,
): Promise<T> {
  const never = () => new Promise<never>(() => {});
  switch (kind) {
    case "error_before":
      return failed(false);
    case "error_after":
      return apply().then(() => failed(true));
    case "never_applied":
      return never();
    case "never_answered":
      return apply().then(never);
    case "twice":
      return apply().then(apply);
    default:
      return apply();
  }
}

/** Returns a function that starts a timer of the invocation. The timer does not run after the end of the invocation. */
export function timerFor(
  simulation: Simulation,
  invocation: Invocation,
): (run: () => void, ms: number) => () => void {
  return (run, ms) => {
    let wanted = true;
    const due = (): void => {
      if (!wanted || !invocation.alive) return;
      if (invocation.frozenUntil > simulation.now()) simulation.scheduler.at(invocation.frozenUntil, due);
      else run();
    };
    simulation.scheduler.after(ms, due);
    return () => {
      wanted = false;
    };
  };
}
