import { isDiscoveryWatch } from "../../lib/ledger/audit.ts";
import { idOf, idOfGeneration, type WatchRow } from "./memory-ledger-state.ts";
import type { ServiceRun } from "./run-service.ts";

/** An answer can be on its way for this time. A poll can also work with an older state of the ledger for this time. */
export const RACE_MS = 60_000;

/** Checks that no caller changed what another caller gets. Returns one text per violation. */
export function checkCallers(run: ServiceRun): readonly string[] {
  const watches = Object.entries(run.ledger.state.watches);
  return [
    ...watches.flatMap(([id, row]) => [...checkStop(id, row, run), ...checkDeadline(id, row, run)]),
    ...checkContexts(run),
    ...checkRepetitions(run),
  ];
}

/** Only its own caller stops a watch. */
function checkStop(id: string, { watch }: WatchRow, { asked }: ServiceRun): readonly string[] {
  return watch.state !== "stopped" || asked.stops.has(id) ? [] : [`${id} was stopped by another caller`];
}

/** A watch does not time out before a deadline that the API confirmed to its caller. */
function checkDeadline(id: string, { watch }: WatchRow, { asked, config }: ServiceRun): readonly string[] {
  const { state, concludedAt, poll, generation } = watch;
  if (state !== "timed_out" || concludedAt === null || poll >= config.settings.maxPolls || generation > 0)
    return [];
  const isMissed = (asked.deadlines.get(id) ?? []).some(
    ({ deadlineAt, answeredAt }) => answeredAt < concludedAt - RACE_MS && deadlineAt > concludedAt,
  );
  return isMissed ? [`${id} timed out before its confirmed deadline`] : [];
}

/** The context in each notification is the context of a caller who named the target. */
function checkContexts({ receivers, asked, ledger }: ServiceRun): readonly string[] {
  const { watches, callerData } = ledger.state;
  const faults = Object.entries(watches)
    .filter(
      ([, { watch }]) =>
        !isDiscoveryWatch(watch) && callerData[idOfGeneration(watch)]?.context.actor !== watch.caller,
    )
    .map(([id]) => `${id} has the context of another caller`);
  for (const { notificationId, actor } of receivers.posts) {
    if (actor === null) continue;
    const [project = "", jobId = "", target = ""] = notificationId.split("#");
    if (asked.named.get(idOf({ project, jobId, caller: actor }))?.has(target) !== true)
      faults.push(`${notificationId} has the context of ${actor}, who did not name the target`);
  }
  return faults;
}

/**
 * A target is notified of an event of a job a second time only if a caller who named the target started its watch again
 * after the first notification.
 */
function checkRepetitions({ receivers, ledger, history, asked }: ServiceRun): readonly string[] {
  const generations = new Map<string, Set<number>>();
  for (const { notificationId, actor } of receivers.posts) {
    if (actor === null) continue;
    const [project, jobId, target, generation, event] = notificationId.split("#");
    const about = [project, jobId, target, event].join("#");
    generations.set(about, (generations.get(about) ?? new Set()).add(Number(generation)));
  }
  return [...generations].flatMap(([about, found]) => {
    const [project = "", jobId = "", target = "", event = ""] = about.split("#");
    const [first = 0, ...later] = [...found].toSorted((a, b) => a - b);
    const savedAt = Object.entries(ledger.state.outcomes)
      .filter(([id, { summary, generations }]) => {
        const own = Number(id.split("#")[0]);
        const isAbout = summary.project === project && summary.jobId === jobId;
        return isAbout && `job.${summary.outcome}` === event && (generations[target] ?? own) === first;
      })
      .map(([id]) => history.saves.get(id) ?? 0);
    const slowAt = Object.entries(ledger.state.slow)
      .filter(
        ([, { summary }]) => event === "job.slow" && summary.project === project && summary.jobId === jobId,
      )
      .map(([id]) => history.slowSaves.get(id) ?? 0);
    const firstSavedAt = Math.min(...savedAt, ...slowAt);
    return later
      .filter(
        (generation) =>
          !history.starts.some(
            ({ watch, at }) =>
              watch.project === project &&
              watch.jobId === jobId &&
              watch.generation === generation &&
              at > firstSavedAt - RACE_MS &&
              asked.named.get(idOf(watch))?.has(target) === true,
          ),
      )
      .map((generation) => `${about} was notified again with generation ${generation}, without a restart`);
  });
}
