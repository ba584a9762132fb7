import { SubmissionResult } from "../../lib/api/submission-result.ts";
import { type Answered, type AnswerRules, answerRequest, partsFor } from "./answer-request.ts";
import { type Delivery, type DeliveryRules, deliverMessage, unrepeatedAfter } from "./deliveries.ts";
import type { PortRequest, Position, Positions, Program } from "./positions.ts";
import { callProgram, LIMIT_MS, SWEEP_LIMIT_MS, sweepProgram } from "./small-service.ts";
import type { CallerState, CallName, Invocation, System } from "./system.ts";

export interface Rules extends DeliveryRules, AnswerRules {
  readonly positions: Positions;
  /** The known answers to requests. */
  readonly answers: Map<string, Answered>;
  /** An interrupted function ends at its time limit, as in Lambda. Otherwise it can continue at any time. */
  readonly hasTimeLimit: boolean;
  /** The calls of the caller, one after the other. */
  readonly calls: readonly CallName[];
}

/**
 * The requests to the ledger whose answers no step of the small system can change, and the writes that no step reads.
 * In every order of steps, these requests have the same answer, so an invocation does not wait at them.
 */
const UNAFFECTED = new Set([
  ...["readCallerData", "readTargetState", "clearTargetGone"],
  ...["readDurationCounts", "addDuration", "readLatestDurations", "addLatestDurations"],
]);

/** The state after a step. */
export interface StepResult {
  readonly system: System;
  /** The invocation has ended and has acknowledged its message, which is still in its queue. */
  readonly acknowledges: boolean;
}

/**
 * Gives an invocation its answer. The invocation runs until its next request, and the request takes effect.
 */
export async function proceed(system: System, invocation: Invocation, rules: Rules): Promise<StepResult> {
  const { keys, positions } = rules;
  const invocations = system.invocations.filter((other) => other !== invocation);
  let next = { ...system };
  let { position, answer } = invocation;
  for (;;) {
    const advanced = positions.advance(position, answer, system.now);
    position = advanced instanceof Promise ? await advanced : advanced;
    if (position.next === null)
      return finish({ ...next, invocations, current: null }, invocation.work, position, rules);
    const asked = ask(next, position, position.next, rules);
    const answered = asked instanceof Promise ? await asked : asked;
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
  const after = { ...next, invocations: [...invocations, waiting], current: invocation.name };
  return { system: after, acknowledges: false };
}

/** Answers a request. The same request in the same state has the same answer, so each is answered only once. */
function ask(
  system: System,
  position: Position,
  request: PortRequest,
  rules: Rules,
): Answered | Promise<Answered> {
  const parts = partsFor(request, system).map(rules.keys.numberOf);
  const key = `${system.now} ${position.id} ${parts.join()}`;
  return rules.answers.get(key) ?? addAnswer(key, system, position, request, rules);
}

async function addAnswer(
  key: string,
  system: System,
  position: Position,
  request: PortRequest,
  rules: Rules,
): Promise<Answered> {
  const { unique } = rules.keys;
  const { changes, queue, ...answered } = await answerRequest(system, request, position, rules);
  const parts = Object.entries(changes).map(([name, part]) => [name, unique(part)]);
  const added = {
    ...answered,
    changes: Object.fromEntries(parts),
    ...(queue && { queue: { name: queue.name, state: unique(queue.state) } }),
  };
  rules.answers.set(key, added);
  return added;
}

function finish(system: System, work: Invocation["work"], { result }: Position, rules: Rules): StepResult {
  const value = result?.kind === "value" ? result.value : null;
  switch (work.kind) {
    case "sweep":
      return { system, acknowledges: false };
    case "call": {
      const caller = rules.keys.unique(afterCall(system, work.call, value));
      return { system: { ...system, caller }, acknowledges: false };
    }
    case "message":
      return { system, acknowledges: value === "acknowledged" };
    default:
      return work satisfies never;
  }
}

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
): Promise<StepResult> {
  const { now } = system;
  const position = rules.positions.start(program);
  const started = { name, startedAt: now, position, answer: null, work, hasEffect: false };
  return proceed({ ...system, invocations: [...system.invocations, started] }, started, rules);
}

export function startCall(system: System, call: CallName, rules: Rules): Promise<StepResult> {
  const hasStopped = system.caller.hasStopped || call === "stop";
  const calling = { ...system, caller: { ...system.caller, isCalling: true, hasStopped } };
  return start(calling, call, callProgram(call, system.now, rules.plant), { kind: "call", call }, rules);
}

export function startSweep(system: System, rules: Rules): Promise<StepResult> {
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
  delivery: Delivery & { readonly crashes: boolean },
  rules: Rules,
): Promise<StepResult> {
  const { now } = system;
  const { queue, isSecond, crashes } = delivery;
  const { messageId, body } = delivery.message;
  const delivered = deliverMessage(system, delivery, rules);
  const isOverlap = !isSecond && system.invocations.some((other) => isProcessing(other, messageId, now));
  const received = {
    ...system,
    queues: { ...system.queues, [queue]: delivered.state },
    unrepeated: unrepeatedAfter(system.unrepeated, delivery, delivered.second),
    faults: isOverlap ? [...system.faults, `${messageId} is delivered while it is processed`] : system.faults,
  };
  if (crashes) return { system: { ...received, current: null, hasCrashed: true }, acknowledges: false };
  const { receiptHandle, program } = delivered;
  const work = { kind: "message", queue, messageId, receiptHandle, body } as const;
  return start(received, receiptHandle, program, work, rules);
}

export function isProcessing(invocation: Invocation, messageId: string, now: number): boolean {
  const { work } = invocation;
  return work.kind === "message" && work.messageId === messageId && !isOverLimit(invocation, now);
}

/** Returns true if the time limit of the function is over. */
export function isOverLimit({ work, startedAt }: Invocation, now: number): boolean {
  return startedAt + (work.kind === "sweep" ? SWEEP_LIMIT_MS : LIMIT_MS) <= now;
}

function isChanged(before: System, after: System): boolean {
  return (["ledger", "queues", "cce", "posts"] as const).some((part) => before[part] !== after[part]);
}
