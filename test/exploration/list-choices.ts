import { listDeliveries } from "./deliveries.ts";
import { crash, proceed, type Rules, receive, startCall, startSweep } from "./steps.ts";
import type { Invocation, System } from "./system.ts";

/** One step that the scheduler may choose. */
export interface Choice {
  readonly label: string;
  /** 1 if the step interrupts an invocation that could continue or makes a message late, else 0. */
  readonly preemptions: number;
  readonly take: () => Promise<System>;
}

/** Returns all steps that are possible in a system. */
export function listChoices(system: System, rules: Rules): Choice[] {
  const running = system.invocations.find(({ name }) => name === system.current);
  const interrupts = running === undefined ? 0 : 1;
  const choices: Choice[] = [];
  const add = (label: string, take: Choice["take"], preemptions = interrupts): void =>
    void choices.push({ label, preemptions, take });
  if (running !== undefined) {
    add(describe(running), () => proceed(system, running, rules), 0);
    // The crash of an interrupted invocation has the same effect as its crash before the interruption. A crash after a
    // request that only read has the same effect as a crash before the request.
    if (!system.hasCrashed && running.hasEffect)
      add(`${running.name} crashes`, async () => crash(system, running), 0);
  }
  for (const other of system.invocations)
    if (other !== running) add(describe(other), () => proceed(system, other, rules));
  for (const delivery of listDeliveries(system)) {
    const { message, isSecond } = delivery;
    const label = `${message.messageId} is received${isSecond ? " a second time" : ""}`;
    add(label, () => receive(system, { ...delivery, crashes: false }, rules));
    const crashes = () => receive(system, { ...delivery, crashes: true }, rules);
    if (!system.hasCrashed) add(`${label}, and the function crashes`, crashes);
  }
  const call = rules.calls[system.caller.call];
  if (call !== undefined && !system.caller.isCalling)
    add(`the caller calls: ${call}`, () => startCall(system, call, rules));
  // A sweep that finds no watch changes nothing, so the sweep starts only when it finds a watch.
  const at = nextVisibleAt(system);
  const dueAt = nextDueAt(system);
  const waits = listWaits(system, interrupts > 0);
  if (!system.hasSwept && dueAt !== null && dueAt < system.now)
    add("a sweep starts", () => startSweep(system, rules));
  else if (!system.hasSwept && dueAt !== null && (at === null || dueAt < at)) {
    for (const { from, cost } of waits) {
      const sweep = () => startSweep({ ...from, now: dueAt + 1 }, rules);
      add(`${(dueAt + 1 - system.now) / 1000} s pass, and a sweep starts`, sweep, cost);
    }
  }
  if (at !== null)
    for (const { from, cost } of waits)
      add(`${(at - system.now) / 1000} s pass`, async () => ({ ...from, now: at, current: null }), cost);
  return choices;
}

/**
 * Returns the states from which time can pass, each with its number of preemptions. While time passes, an interrupted
 * invocation is frozen, and a message that could be delivered is late. No message must be delivered a second time, so time
 * also passes without a preemption if no second delivery follows later.
 */
function listWaits(system: System, isInterrupted: boolean): readonly { from: System; cost: number }[] {
  const isLate = isInterrupted || listDeliveries(system).some(({ isSecond }) => !isSecond);
  if (isLate) return [{ from: system, cost: 1 }];
  const withoutSeconds = { from: { ...system, unrepeated: [] }, cost: 0 };
  return system.unrepeated.length === 0 ? [withoutSeconds] : [withoutSeconds, { from: system, cost: 1 }];
}

function describe({ name, position, answer }: Invocation): string {
  const { next } = position;
  return answer === null || next === null
    ? `${name} starts to run`
    : `${name} continues after ${next.port}.${next.method}`;
}

/** Returns the next time at which a message becomes visible, or null. */
function nextVisibleAt({ now, queues }: System): number | null {
  const times = [...queues.poll.messages, ...queues.notify.messages]
    .map(({ visibleAt }) => visibleAt)
    .filter((time) => time > now);
  return times.length === 0 ? null : Math.min(...times);
}

/** Returns the time after which the sweep finds the watch, or null. */
function nextDueAt({ ledger }: System): number | null {
  const times = Object.values(ledger.watches).flatMap(({ dueAt }) => dueAt ?? []);
  return times.length === 0 ? null : Math.min(...times);
}
