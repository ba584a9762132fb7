import { type Agenda, createAgenda } from "./agenda.ts";
import { type Chance, createChance } from "./random.ts";

/** One invocation of a function: it generations until it answers, is killed, or crashes. */
export interface Actor {
  readonly name: string;
  readonly deadlineAt: number;
  alive: boolean;
  /** Nothing it waits for reaches it before. */
  frozenUntil: number;
  /** When it last claimed each notification, and when each of its leases ends. */
  readonly claims: Map<string, number>;
}

/** What may go wrong at one effect, beyond what the other side answers. */
export type Mishap =
  | { readonly kind: "none" }
  /** The invocation ends before the request left, or after it took effect. */
  | { readonly kind: "crash_before" }
  | { readonly kind: "crash_after" }
  /** The instance is frozen with the answer on its way, and goes on so much later. */
  | { readonly kind: "freeze"; readonly ms: number };

export interface World {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly now: () => number;
  /** Until then faults happen. */
  readonly faultsEndAt: () => number;
  /** How many effects there have been. */
  readonly effects: () => number;
  readonly trace: string[];
  note(actor: Actor | null, text: string): void;
  actor(name: string, limitMs: number): Actor;
  /**
   * One request of an actor to anything outside itself. `apply` makes it happen, at once when called; a promise it
   * answers settles without further events. An actor that has ended never hears of it.
   */
  effect<T>(actor: Actor, label: string, apply: () => Promise<T>): Promise<T>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly start: number;
  readonly faultsEndAt: number;
  readonly traced: boolean;
  readonly mishap: (index: number, label: string, world: World) => Mishap;
  readonly latencyMs: (world: World, label: string) => number;
}

export function createWorld(options: WorldOptions): World {
  const agenda = createAgenda(options.start);
  const trace: string[] = [];
  let effects = 0;
  let actors = 0;

  const world: World = {
    agenda,
    chance: createChance(options.seed),
    now: agenda.now,
    faultsEndAt: () => options.faultsEndAt,
    effects: () => effects,
    trace,
    note(actor, text) {
      if (!options.traced) return;
      const seconds = ((agenda.now() - options.start) / 1000).toFixed(3).padStart(10);
      trace.push(`${seconds} ${actor?.name ?? "-"} ${text}`);
    },
    actor(name, limitMs) {
      actors += 1;
      const deadlineAt = agenda.now() + limitMs;
      return { name: `${name}-${actors}`, deadlineAt, alive: true, frozenUntil: 0, claims: new Map() };
    },
    effect: (actor, label, apply) =>
      new Promise((resolve, reject) => {
        if (!actor.alive) return;
        const index = effects;
        effects += 1;
        const mishap = options.mishap(index, label, world);
        if (mishap.kind === "crash_before") {
          crash(actor, `before #${index} ${label}`);
          return;
        }
        agenda.after(options.latencyMs(world, label), () => {
          const answer = apply();
          if (mishap.kind === "crash_after") crash(actor, `after #${index} ${label}`);
          if (mishap.kind === "freeze") freeze(actor, mishap.ms, `at #${index} ${label}`);
          const hear = (say: () => void) => whenAwake(actor, say);
          answer.then(
            (value) => hear(() => resolve(value)),
            (error: unknown) => hear(() => reject(error)),
          );
        });
      }),
  };

  function crash(actor: Actor, where: string): void {
    actor.alive = false;
    world.note(actor, `crashes ${where}`);
  }

  function freeze(actor: Actor, ms: number, where: string): void {
    actor.frozenUntil = agenda.now() + ms;
    world.note(actor, `freezes for ${Math.round(ms / 1000)} s ${where}`);
  }

  function whenAwake(actor: Actor, say: () => void): void {
    if (!actor.alive) return;
    if (actor.frozenUntil <= agenda.now()) say();
    else agenda.at(actor.frozenUntil, () => whenAwake(actor, say));
  }

  return world;
}

/** Runs something later for an actor that has not ended by then; answers how to call it off. */
export function timerOf(world: World, actor: Actor): (run: () => void, ms: number) => () => void {
  return (run, ms) => {
    let wanted = true;
    const due = (): void => {
      if (!wanted || !actor.alive) return;
      if (actor.frozenUntil > world.now()) world.agenda.at(actor.frozenUntil, due);
      else run();
    };
    world.agenda.after(ms, due);
    return () => {
      wanted = false;
    };
  };
}
