import {
  createDigestNotificationKey,
  DIGEST_PROJECT,
  TARGET_PROJECT,
} from "../../functions/shared/targets-to-notify-and-digests.ts";
import type { Outcome } from "../../lib/domain/job.ts";
import { createNotificationKey } from "../../lib/ledger/notification.ts";
import { NotifyMessage, notificationKeyOfMessage, parseMessage } from "../../lib/queue/messages.ts";
import { computeReadyDeadlineAfterSuccessOrNull } from "../../lib/schedule/decide-after-ready-check.ts";
import { checkDiscovery } from "./discovery.ts";
import { checkCallers } from "./evaluate-callers.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOfGeneration, keyOf, type WatchRow } from "./memory-ledger-state.ts";
import { checkOperations } from "./operations.ts";
import type { ServiceRun } from "./run-service.ts";
import { allowedSlowNotifications, checkSlowJobs, slowNotificationsToSend } from "./slow-jobs.ts";

/** The longest time between the deadline of a watch, or the end of the faults, and the end of the watch. */
const MAX_DELAY_MS = 90 * 60_000;

/** The minimum time between the two responses that switch a target off. */
const CONFIRM_GONE_MS = 60_000;

/** A poll that started before a watch was stopped can still conclude the watch. */
export const STOP_RACE_MS = 30_000;

/** The numbers of notifications of a run, by result. */
export interface RunResult {
  readonly accepted: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly stopped: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicates: number;
  readonly duplicatesOutsideWindow: number;
  readonly polls: number;
  readonly simulatedHours: number;
  /** One text per violation of a guarantee. */
  readonly faults: readonly string[];
}

type FinalState = "delivered" | "deadLettered" | "stopped" | "lost";

/**
 * Checks the guarantees of the product after a run.
 * @param ended false if the run did not end.
 */
export function evaluateRun(run: ServiceRun, ended: boolean): RunResult {
  const { ledger, asked, receivers, simulation } = run;
  const lost: string[] = ended ? [] : ["the run did not end"];
  const unexpected: string[] = run.overlaps.map((id) => `${id} was delivered while it was processed`);
  const count: Record<FinalState, number> = { delivered: 0, deadLettered: 0, stopped: 0, lost: 0 };
  const deadLetters = readDeadLetters(run, unexpected);
  const expected = new Set<string>();

  for (const id of new Set([...Object.keys(ledger.state.watches), ...asked.confirmed.keys()])) {
    const row = ledger.state.watches[id];
    const generation = row?.watch.generation ?? 0;
    // The API does not return the confirmed generation. For a restarted watch, only the ledger contains the targets.
    const confirmedTargets = generation === 0 ? asked.confirmed.get(id) : undefined;
    const targets = new Set([...(row?.watch.targets ?? []), ...(confirmedTargets ?? [])]);
    const watch = { ...keyOf(id), generation };
    const stored = ledger.state.outcomes[idOfGeneration(watch)];
    const outcome = stored?.summary.outcome ?? null;
    if (row !== undefined) checkWatch(id, row, outcome, run, lost, unexpected);
    for (const target of targets) {
      if (outcome !== null && run.config.targets[target]?.on.includes(outcome) === false) continue;
      const notificationId = idOfNotification(
        createNotificationKey(watch, stored?.generations ?? {}, `job.${outcome}`, target),
      );
      expected.add(notificationId);
      const finalState = finalStateOf(notificationId, row, target, run, deadLetters);
      count[finalState] += 1;
      if (finalState === "lost")
        lost.push(`${notificationId} was never sent (${row?.watch.state ?? "unknown"})`);
    }
  }
  for (const { notificationId, row, target } of slowNotificationsToSend(run)) {
    const finalState = finalStateOf(notificationId, row, target, run, deadLetters);
    count[finalState] += 1;
    if (finalState === "lost") lost.push(`${notificationId} was never sent`);
  }
  for (const { body, queue, wasPurged } of run.malformed) {
    const found = deadLetters.malformed.has(`${queue} ${body}`);
    if (!found && wasPurged === true) continue;
    count[found ? "deadLettered" : "lost"] += 1;
    if (!found) lost.push(`the malformed message ${body} is in no dead-letter queue`);
  }
  for (const queue of run.lostNewerMessages) {
    lost.push(`the message of a newer version did not wait in the ${queue} queue`);
  }
  for (const id of allowedSlowNotifications(run)) expected.add(id);
  checkPosts(run, expected, unexpected);
  checkOffTargets(run, unexpected);
  unexpected.push(...checkCallers(run), ...checkDiscovery(run), ...checkSlowJobs(run));
  unexpected.push(...checkOperations(run));
  const { duplicates, duplicatesOutsideWindow } = receivers;
  const duplicateFaults = duplicatesOutsideWindow > 0 ? ["duplicates outside the window"] : [];

  return {
    accepted: count.delivered + count.deadLettered + count.stopped + count.lost,
    delivered: count.delivered,
    deadLettered: count.deadLettered,
    stopped: count.stopped,
    lost: lost.length,
    unexpected: unexpected.length,
    duplicates,
    duplicatesOutsideWindow,
    polls: run.cce.polls,
    simulatedHours: (simulation.now() - run.startedAt) / 3_600_000,
    faults: [...lost, ...unexpected, ...duplicateFaults],
  };
}

interface DeadLetters {
  readonly notificationIds: ReadonlySet<string>;
  /** Each text contains the name of a queue and the body of a message. */
  readonly malformed: ReadonlySet<string>;
}

/** Reads both dead-letter queues. Each dead letter has a reason, or was received too often. */
function readDeadLetters(
  { queues, malformed, maxReceiveCount }: ServiceRun,
  unexpected: string[],
): DeadLetters {
  const notificationIds = new Set<string>();
  const malformedFound = new Set<string>();
  const malformedSent = new Set(malformed.map(({ queue, body }) => `${queue} ${body}`));
  for (const queue of ["poll", "notify"] as const) {
    for (const message of queues[`${queue}Dead`].memory.state.messages) {
      const { body, attributes, receiveCount } = message;
      // With the settings of the product, SQS moves no message to a dead-letter queue.
      const wasRedriven = maxReceiveCount < 1000 && receiveCount >= maxReceiveCount;
      const hasReason = attributes.reason !== undefined;
      if (malformedSent.has(`${queue} ${body}`)) {
        if (hasReason || wasRedriven) malformedFound.add(`${queue} ${body}`);
        continue;
      }
      if (!wasRedriven && (!hasReason || queue === "poll" || attributes.reason === "malformed"))
        unexpected.push(`${body} is in a dead-letter queue (${attributes.reason ?? "no reason"})`);
      const parsed = parseMessage(NotifyMessage, body);
      if (parsed.kind !== "message" || !hasReason) continue;
      if (parsed.message.kind === "notification")
        notificationIds.add(idOfNotification(notificationKeyOfMessage(parsed.message)));
      if (parsed.message.kind === "digest")
        notificationIds.add(idOfDigest(parsed.message.digestId, parsed.message.target));
    }
  }
  return { notificationIds, malformed: malformedFound };
}

function idOfDigest(digestId: string, target: string): string {
  return idOfNotification(createDigestNotificationKey(digestId, target));
}

function finalStateOf(
  notificationId: string,
  row: WatchRow | undefined,
  target: string,
  { receivers, ledger }: ServiceRun,
  deadLetters: DeadLetters,
): FinalState {
  const concludedAt = row?.watch.concludedAt ?? 0;
  const digestId = row?.watch.digestId ?? null;
  const isInDigest = digestId !== null && ledger.state.digests[digestId]?.targets.includes(target) === true;
  const digestNotificationId = isInDigest ? idOfDigest(digestId, target) : null;
  const isDelivered = receivers.posts.some(
    (post) =>
      post.notificationId === notificationId ||
      (post.notificationId === digestNotificationId && post.at >= concludedAt),
  );
  if (isDelivered) return "delivered";
  if (deadLetters.notificationIds.has(notificationId)) return "deadLettered";
  if (digestNotificationId !== null && deadLetters.notificationIds.has(digestNotificationId))
    return "deadLettered";
  return row?.watch.state === "stopped" ? "stopped" : "lost";
}

function checkWatch(
  id: string,
  { watch }: WatchRow,
  outcome: Outcome | null,
  { cce, simulation, config, history }: ServiceRun,
  lost: string[],
  unexpected: string[],
): void {
  const { state, deadlineAt } = watch;
  const concludedAt = watch.concludedAt ?? 0;
  if (state === "watching") lost.push(`${id} never ended`);
  else if (
    state !== "stopped" &&
    concludedAt >
      Math.max(computeReadyDeadlineAfterSuccessOrNull(watch) ?? deadlineAt, simulation.faultsEndAt()) +
        MAX_DELAY_MS
  )
    lost.push(`${id} ended too late`);
  if (state === "watching" || state === "stopped") return;
  if (outcome !== state) unexpected.push(`${id} has the state ${state}, but the stored outcome ${outcome}`);
  const observed = cce.observed.get(watch.jobId) ?? new Set();
  // A later deadline that the caller asked for while a poll was ending the watch has no effect.
  const applied = history.deadlines.get(idOfGeneration(watch)) ?? [];
  const deadlineWhenEnded = Math.min(
    ...applied
      .filter((_, i) => (applied[i + 1]?.from ?? Number.POSITIVE_INFINITY) > concludedAt)
      .map((deadline) => deadline.deadlineAt),
  );
  const isReadyTimeOver =
    concludedAt >= (computeReadyDeadlineAfterSuccessOrNull(watch) ?? Number.POSITIVE_INFINITY) ||
    watch.poll >= config.settings.maxPolls;
  const isReady = watch.readyMinutes === null || observed.has("resource succeeded");
  const isUnobserved = isReadyTimeOver || [...observed].some((what) => /^resource (un|for|mis)/.test(what));
  const isJustified = {
    succeeded: observed.has("succeeded") && (isReady || isUnobserved),
    not_ready: observed.has("succeeded") && observed.has("resource pending") && isReadyTimeOver,
    failed: observed.has("failed"),
    timed_out: concludedAt >= deadlineWhenEnded || watch.poll >= config.settings.maxPolls,
    lost:
      history.givenUp.has(idOfGeneration(watch)) ||
      ["gone", "unauthorized", "forbidden", "misconfigured"].some((kind) => observed.has(kind)),
  };
  if (!isJustified[state]) unexpected.push(`${id} ended as ${state}, but no poll observed that`);
}

/** A target may be switched off only after two responses, at least a minute apart, that say that it is gone. */
function checkOffTargets({ ledger, receivers }: ServiceRun, unexpected: string[]): void {
  for (const [name, { offSince }] of Object.entries(ledger.state.targets)) {
    if (offSince === null) continue;
    const [first = offSince, ...later] = receivers.goneAnswers.get(name) ?? [];
    if (!later.some((at) => at <= offSince && at - first >= CONFIRM_GONE_MS))
      unexpected.push(`${name} was switched off without a second response after a minute`);
  }
}

function checkPosts(
  { receivers, ledger }: ServiceRun,
  expected: ReadonlySet<string>,
  unexpected: string[],
): void {
  const webhookIds = new Map<string, string>();
  const watches = Object.values(ledger.state.watches).map(({ watch }) => watch);
  for (const { notificationId, webhookId, actor } of receivers.posts) {
    if ((webhookIds.get(notificationId) ?? webhookId) !== webhookId)
      unexpected.push(`${notificationId} has two webhook IDs`);
    webhookIds.set(notificationId, webhookId);
    const [project = "", jobId = "", , generation = ""] = notificationId.split("#");
    if (project === TARGET_PROJECT || project === DIGEST_PROJECT) continue;
    // The expected notifications are those of the current generation of each watch.
    const ofJob = watches.filter((watch) => watch.project === project && watch.jobId === jobId);
    const newest = Math.max(0, ...ofJob.map((watch) => watch.generation));
    if (!expected.has(notificationId) && Number(generation) >= newest)
      unexpected.push(`${notificationId} was sent, but no caller named the target`);
    const watch = ofJob.find(({ caller }) => caller === actor);
    if (watch?.state !== "stopped" || Number(generation) < watch.generation) continue;
    const stored = ledger.state.outcomes[idOfGeneration(watch)];
    if (stored !== undefined && stored.summary.concludedAt > (watch.concludedAt ?? 0) + STOP_RACE_MS)
      unexpected.push(`${notificationId} was sent, but the watch had been stopped`);
  }
}
