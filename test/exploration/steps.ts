import { SubmissionResult } from "../../lib/api/submission-result.ts";
import type { MemoryMessage } from "../simulation/memory-queue.ts";
import { createMemoryQueue } from "../simulation/memory-queue.ts";
import type { Plant } from "../simulation/plant.ts";
import { type Answered, answerRequest, partsFor } from "./answer-request.ts";
import type { PortRequest, Position, Positions, Program } from "./positions.ts";
import { callProgram, LIMIT_MS, messageProgram, sweepProgram } from "./small-service.ts";
import type { StateKeys } from "./state-keys.ts";
import type { CallerState, CallName, Invocation, System } from "./system.ts";

export interface Rules {
  readonly plant: Plant;
  readonly positions: Positions;
  readonly keys: StateKeys;
  /** The known answers to requests. */
  readonly answers: Map<string, Answered>;
  /** The calls of the caller, one after the other. */
  readonly calls: readonly CallName[];
}

/** A message that SQS may deliver now. */
export interface Delivery {
  readonly queue: "poll" | "notify";
  readonly message: MemoryMessage;
  readonly isSecond: boolean;
  readonly crashes: boolean;
}

export function listDeliveries({ queues, unrepeated, now }: System): Omit<Delivery, "crashes">[] {
  const first = (["poll", "notify"] as const).flatMap((queue) =>
    queues[queue].messages
      .filter(({ visibleAt }) => visibleAt <= now)
      .map((message) => ({ queue, message, isSecond: false })),
  );
  return [...first, ...unrepeated.map((other) => ({ ...other, isSecond: true }))];
}

/**
 * The requests to the ledger whose answers no step of the small system can change, and the writes that no step reads. In
 * every order of steps, these requests have the same answer, so an invocation does not wait at them.
 */
const UNAFFECTED = new Set([
  ...["readCallerData", "readTarget", "clearTargetGone"],
  ...["readDurations", "addDuration", "readLatestDurations", "addLatestDurations"],
]);

/**
 * Gives an invocation its answer. The invocation runs until its next request, and the request takes effect.
 */
export async function proceed(system: System, invocation: Invocation, rules: Rules): Promise<System> {
  const { keys, positions } = rules;
  const invocations = system.invocations.filter((other) => other !== invocation);
  let next = { ...system, invocations };
  let { position, answer } = invocation;
  for (;;) {
    position = await positions.advance(position, answer, system.now);
    if (position.next === null) return finish({ ...next, current: null }, invocation.work, position);
    const answered = await ask(next, position, position.next, rules);
    answer = answered.answer;
    next = { ...next, ...answered.changes };
    if (answered.queue !== undefined)
      next.queues = { ...next.queues, [answered.queue.name]: answered.queue.state };
    if (answered.faults !== undefined) next.faults = [...next.faults, ...answered.faults];
    if (!UNAFFECTED.has(position.next.method)) break;
  }
  const waiting = {
    ...invocation,
    position,
    answer: keys.unique(answer),
    hasEffect: isChanged(system, next),
  };
  return { ...next, invocations: [...invocations, waiting], current: invocation.name };
}

/** Answers a request. The same request in the same state has the same answer, so each is answered only once. */
async function ask(
  system: System,
  position: Position,
  request: PortRequest,
  { plant, keys: { unique, numberOf }, answers }: Rules,
): Promise<Answered> {
  const key = [system.now, position.id, ...partsFor(request, system).map(numberOf)].join();
  const known = answers.get(key);
  if (known !== undefined) return known;
  const { changes, queue, ...answered } = await answerRequest(
    system,
    request,
    position,
    plant.visibilitySeconds,
  );
  const parts = Object.entries(changes).map(([name, part]) => [name, unique(part)]);
  const added = {
    ...answered,
    changes: Object.fromEntries(parts),
    ...(queue && { queue: { name: queue.name, state: unique(queue.state) } }),
  };
  answers.set(key, added);
  return added;
}

function finish(system: System, work: Invocation["work"], { result }: Position): System {
  switch (work.kind) {
    case "sweep":
      return system;
    case "call":
      return {
        ...system,
        caller: afterCall(system, work.call, result?.kind === "value" ? result.value : null),
      };
    case "message": {
      if (result?.kind !== "value" || result.value !== "acknowledged") return system;
      const { sent, messages } = system.queues[work.queue];
      // As in SQS, an outdated handle deletes nothing.
      const kept = messages.filter((other) => handleOf(other) !== work.receiptHandle);
      return { ...system, queues: { ...system.queues, [work.queue]: { sent, messages: kept } } };
    }
    default:
      return work satisfies never;
  }
}

const handleOf = ({ messageId, receiveCount }: MemoryMessage) => `${messageId}/${receiveCount}`;

/** After an error, the caller repeats the call. */
function afterCall({ caller, now }: System, call: CallName, value: unknown): CallerState {
  const { status, body } = (value ?? { status: 503 }) as { status: number; body?: string };
  const ended = { ...caller, isCalling: false };
  if (status >= 500) return ended;
  const next = { ...ended, call: caller.call + 1 };
  if (call !== "submit") return next;
  const [job] = SubmissionResult.parse(JSON.parse(body ?? "")).jobs;
  if (job?.deadlineAt == null) return ended;
  const confirmed = { deadlineAt: Date.parse(job.deadlineAt), answeredAt: now };
  return { ...next, isConfirmed: true, deadlines: [...caller.deadlines, confirmed] };
}

export function crash(system: System, invocation: Invocation): System {
  const { work } = invocation;
  const caller = work.kind === "call" ? { ...system.caller, isCalling: false } : system.caller;
  const invocations = system.invocations.filter((other) => other !== invocation);
  return { ...system, invocations, caller, current: null, hasCrashed: true };
}

/** Starts an invocation, which runs until its first request. */
function start(
  system: System,
  name: string,
  program: Program,
  work: Invocation["work"],
  rules: Rules,
): Promise<System> {
  const { now } = system;
  const position = rules.positions.start(program);
  const started = { name, startedAt: now, position, answer: null, work, hasEffect: false };
  return proceed({ ...system, invocations: [...system.invocations, started] }, started, rules);
}

export function startCall(system: System, call: CallName, rules: Rules): Promise<System> {
  const hasStopped = system.caller.hasStopped || call === "stop";
  const calling = { ...system, caller: { ...system.caller, isCalling: true, hasStopped } };
  return start(calling, call, callProgram(call, system.now, rules.plant), { kind: "call", call }, rules);
}

export function startSweep(system: System, rules: Rules): Promise<System> {
  return start(
    { ...system, hasSwept: true },
    "sweep",
    sweepProgram(system.now, rules.plant),
    { kind: "sweep" },
    rules,
  );
}

/**
 * Delivers a message to a new invocation. The second delivery also happens while the message is in flight, or after its
 * deletion.
 * @param crashes the invocation crashes before its first request
 */
export async function receive(
  system: System,
  { queue, message, isSecond, crashes }: Delivery,
  rules: Rules,
): Promise<System> {
  const { now, queues } = system;
  const { messageId } = message;
  const { sent, messages } = queues[queue];
  const stored = messages.find((other) => other.messageId === messageId) ?? message;
  const { visibilitySeconds } = rules.plant;
  const state = { sent, messages: [{ ...stored, visibleAt: now }] };
  const single = createMemoryQueue({ name: queue, now: () => now, visibilitySeconds, state });
  const [received] = single.receive(1);
  const [inFlight] = single.state.messages;
  if (received === undefined || inFlight === undefined) throw new Error(`${messageId} cannot be received.`);
  const others = messages.filter((other) => other.messageId !== messageId);
  const inOrder = [...others, inFlight].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
  const isFirst = !isSecond && stored.receiveCount === 0;
  const unrepeated = isFirst
    ? [...system.unrepeated, { queue, message: inFlight }]
    : system.unrepeated.filter((other) => !isSecond || other.message.messageId !== messageId);
  const isOverlap = !isSecond && system.invocations.some((other) => isProcessing(other, messageId, now));
  const delivered = {
    ...system,
    queues: { ...queues, [queue]: rules.keys.unique({ sent, messages: inOrder }) },
    unrepeated: rules.keys.unique(unrepeated),
    faults: isOverlap ? [...system.faults, `${messageId} is delivered while it is processed`] : system.faults,
  };
  if (crashes) return { ...delivered, current: null, hasCrashed: true };
  const { receiptHandle } = received;
  const work = { kind: "message", queue, messageId, receiptHandle } as const;
  return start(delivered, receiptHandle, messageProgram(queue, received, now, rules.plant), work, rules);
}

function isProcessing({ work, startedAt }: Invocation, messageId: string, now: number): boolean {
  return work.kind === "message" && work.messageId === messageId && startedAt + LIMIT_MS > now;
}

function isChanged(before: System, after: System): boolean {
  return (["ledger", "queues", "cce", "posts"] as const).some((part) => before[part] !== after[part]);
}
