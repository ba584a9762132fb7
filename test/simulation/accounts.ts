import { DIGEST_PROJECT, TARGET_PROJECT } from "../../functions/shared/notification-targets.ts";
import type { Outcome } from "../../lib/domain/job.ts";
import { NotifyMessage, parseMessage } from "../../lib/queue/messages.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOf, idOfGeneration, keyOf, type WatchRow } from "./memory-ledger-state.ts";
import type { Running } from "./run.ts";

/** What is allowed to pass between a deadline, or the end of the faults, and the end of a watch. */
const LATE_MS = 90 * 60_000;

/** A poll that has begun when a watch is stopped may still see its end. */
const CROSSING_MS = 30_000;

/** What became of every notification that is owed. */
export interface Account {
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
  /** In words, what should not be. */
  readonly faults: readonly string[];
}

type Fate = "delivered" | "deadLettered" | "stopped" | "lost";

/** Settles the account of a run that came to its end; one that never did is a fault of its own. */
export function settle(around: Running, ended: boolean): Account {
  const { ledger, confirmed, receivers, world } = around;
  const lost: string[] = ended ? [] : ["the run never came to an end"];
  const unexpected: string[] = around.handedOutTwice.map(
    (id) => `${id} was handed out while it was worked on`,
  );
  const count = { delivered: 0, deadLettered: 0, stopped: 0, lost: 0 };
  const dead = deadLetters(around, unexpected);
  const owed = new Set<string>();

  for (const id of new Set([...Object.keys(ledger.state.watches), ...confirmed.targets.keys()])) {
    const row = ledger.state.watches[id];
    // Which of a watch's generations a call was confirmed for, its answer does not say; a later generation owes what the ledger knows.
    const asked = (row?.watch.generation ?? 0) === 0 ? confirmed.targets.get(id) : undefined;
    const targets = new Set([...(row?.watch.targets ?? []), ...(asked ?? [])]);
    const outcome =
      ledger.state.conclusions[idOfGeneration({ ...keyOf(id), generation: row?.watch.generation ?? 0 })]
        ?.summary.outcome ?? null;
    if (row !== undefined) judgeWatch(id, row, outcome, around, lost, unexpected);
    for (const target of targets) {
      const wanted = outcome === null || (around.config.targets[target]?.on.includes(outcome) ?? true);
      if (!wanted) continue;
      const unit = idOfNotification({ ...keyOf(id), target, generation: row?.watch.generation ?? 0 });
      owed.add(unit);
      const fate = fateOf(unit, row, target, around, dead);
      count[fate] += 1;
      if (fate === "lost") lost.push(`${unit} was never told (${row?.watch.state ?? "unknown"})`);
    }
  }
  for (const { body, queue, wasPurged } of around.malformed) {
    const found = dead.malformed.has(`${queue} ${body}`);
    if (!found && wasPurged === true) continue;
    count[found ? "deadLettered" : "lost"] += 1;
    if (!found) lost.push(`the malformed message ${body} is in no dead-letter queue`);
  }
  for (const body of around.newerGone) lost.push(`the message of a newer version ${body} did not wait`);
  judgePosts(around, owed, unexpected);
  if (receivers.duplicatesOutsideWindow > 0) unexpected.push("duplicates outside the window");

  return {
    accepted: count.delivered + count.deadLettered + count.stopped + count.lost,
    ...count,
    lost: lost.length,
    unexpected: unexpected.length - (receivers.duplicatesOutsideWindow > 0 ? 1 : 0),
    duplicates: receivers.duplicates,
    duplicatesOutsideWindow: receivers.duplicatesOutsideWindow,
    polls: around.cloud.polls,
    simulatedHours: (world.now() - around.startedAt) / 3_600_000,
    faults: [...lost, ...unexpected],
  };
}

interface DeadLetters {
  readonly units: ReadonlySet<string>;
  readonly malformed: ReadonlySet<string>;
}

/** Every dead letter has a reason, and is one of ours or was put into the queue by somebody else. */
function deadLetters({ queues, malformed, maxReceiveCount }: Running, unexpected: string[]): DeadLetters {
  const units = new Set<string>();
  const foreign = new Set<string>();
  const strays = new Set(malformed.map(({ queue, body }) => `${queue} ${body}`));
  for (const queue of ["poll", "notify"] as const) {
    for (const message of queues[`${queue}Dead`].memory.state.messages) {
      const { body, attributes, receiveCount } = message;
      // As the product is set up, no message may come so often that SQS takes it away.
      const redriven = maxReceiveCount < 1000 && receiveCount >= maxReceiveCount;
      const reasoned = attributes.reason !== undefined;
      if (strays.has(`${queue} ${body}`)) {
        if (reasoned || redriven) foreign.add(`${queue} ${body}`);
        continue;
      }
      if (!redriven && (!reasoned || queue === "poll" || attributes.reason === "malformed"))
        unexpected.push(`${body} is in a dead-letter queue (${attributes.reason ?? "no reason"})`);
      const parsed = parseMessage(NotifyMessage, body);
      if (parsed.kind !== "message" || !reasoned) continue;
      const { message: told } = parsed;
      if (told.kind === "notification") units.add(idOfNotification(told));
      if (told.kind === "digest") units.add(idOfDigest(told.digestId, told.target));
    }
  }
  return { units, malformed: foreign };
}

function idOfDigest(digestId: string, target: string): string {
  return idOfNotification({ project: DIGEST_PROJECT, jobId: digestId, generation: 0, target });
}

function fateOf(
  unit: string,
  row: WatchRow | undefined,
  target: string,
  { receivers, ledger }: Running,
  dead: DeadLetters,
): Fate {
  const since = row?.watch.concludedAt ?? 0;
  const digestId = row?.watch.digestId ?? null;
  const digestUnit = digestId === null ? null : idOfDigest(digestId, target);
  const inDigest = digestId !== null && ledger.state.digests[digestId]?.targets.includes(target) === true;
  const told = ({ unit: of, at }: { unit: string; at: number }): boolean =>
    of === unit || (inDigest && of === digestUnit && at >= since);
  if (receivers.posts.some(told)) return "delivered";
  if (dead.units.has(unit) || (inDigest && digestUnit !== null && dead.units.has(digestUnit)))
    return "deadLettered";
  return row?.watch.state === "stopped" ? "stopped" : "lost";
}

function judgeWatch(
  id: string,
  { watch }: WatchRow,
  outcome: Outcome | null,
  { cloud, world, config }: Running,
  lost: string[],
  unexpected: string[],
): void {
  const { state, concludedAt, deadlineAt } = watch;
  if (state === "watching") lost.push(`${id} never ended`);
  else if (state !== "stopped" && (concludedAt ?? 0) > Math.max(deadlineAt, world.faultsEndAt()) + LATE_MS)
    lost.push(`${id} ended too late`);
  if (state === "watching" || state === "stopped") return;
  if (outcome !== state) unexpected.push(`${id} is ${state}, and was told as ${outcome}`);
  const shown = cloud.shown.get(watch.jobId) ?? new Set();
  const justified = {
    succeeded: shown.has("succeeded"),
    failed: shown.has("failed"),
    timed_out: (concludedAt ?? 0) >= deadlineAt || watch.poll >= config.settings.maxPolls,
    lost: ["gone", "unauthorized", "forbidden", "misconfigured"].some((kind) => shown.has(kind)),
  };
  if (!justified[state]) unexpected.push(`${id} ended as ${state}, which nobody saw`);
}

function judgePosts({ receivers, ledger }: Running, owed: ReadonlySet<string>, unexpected: string[]): void {
  const ids = new Map<string, string>();
  for (const { unit, webhookId } of receivers.posts) {
    if (ids.has(unit) && ids.get(unit) !== webhookId) unexpected.push(`${unit} came under two IDs`);
    ids.set(unit, webhookId);
    if (unit.startsWith(`${TARGET_PROJECT}#`) || unit.startsWith(`${DIGEST_PROJECT}#`)) continue;
    const [project = "", jobId = "", , generation = "0"] = unit.split("#");
    const id = idOf({ project, jobId });
    const watch = ledger.state.watches[id]?.watch;
    // What was owed in a generation before, nobody remembers.
    if (Number(generation) < (watch?.generation ?? 0)) continue;
    if (!owed.has(unit)) unexpected.push(`${unit} was told, and nobody asked for it`);
    const stored =
      ledger.state.conclusions[idOfGeneration({ ...keyOf(id), generation: watch?.generation ?? 0 })];
    const seenAt = stored?.summary.concludedAt ?? Number.NaN;
    // Who stops a watch whose end was seen already, or is being seen, may be told all the same.
    if (watch?.state === "stopped" && seenAt > (watch.concludedAt ?? 0) + CROSSING_MS)
      unexpected.push(`${unit} was told although the watch had been stopped`);
  }
}
