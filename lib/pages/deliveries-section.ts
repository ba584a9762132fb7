import type { AttemptDocument, DeliveryDocument, StatusDocument } from "../api/status-document.ts";
import type { DeliveryState, Verdict, WatchState } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html, renderBdiElement } from "./html.ts";
import { type IconName, renderStateIcon } from "./state-icons.ts";
import { parseInstantSince2000, renderCountdown, renderTime, renderTimeWithoutYear } from "./time-html.ts";

/** If a job has more than `MAX_UNSORTED` targets, the page sorts the targets by state. */
const MAX_UNSORTED = 8;
/**
 * If a job has many targets, the page shows only `SHOWN_OF_STATE` targets of each state. One line stands for all other
 * targets with the same state.
 */
const SHOWN_OF_STATE = 3;
/** The page hides the other targets of a state only if there are at least `MIN_FOLD` of them. */
const MIN_FOLD = 3;
/** The order in which the page shows many targets. First come the states to which an operator may have to react. */
const ICON_ORDER: readonly IconName[] = ["failed", "timed_out", "running", "waiting", "stopped", "succeeded"];

/** Renders the targets of a job and their delivery attempts. If the watch has no targets, the function returns null. */
export function renderTargetsSection({ deliveries, state, done }: StatusDocument): Html | null {
  if (deliveries.length === 0) return null;
  const entries =
    deliveries.length <= MAX_UNSORTED
      ? deliveries.map((delivery) => deliveryEntry(delivery, state))
      : manyEntries(deliveries, state);
  return html`<section id="deliveries" class="deliveries"><h2>${done ? "Who was notified" : "Who will be notified"}</h2>
<ul>${entries}</ul></section>`;
}

function manyEntries(deliveries: readonly DeliveryDocument[], watchState: WatchState): readonly Html[] {
  const groups = [
    ...Map.groupBy(deliveries, (delivery) => presentDelivery(delivery, watchState).join()).values(),
  ];
  const rank = ([first]: readonly DeliveryDocument[]) =>
    first === undefined ? 0 : ICON_ORDER.indexOf(presentDelivery(first, watchState)[0]);
  return groups
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((group) => {
      const shown = group.length < SHOWN_OF_STATE + MIN_FOLD ? group.length : SHOWN_OF_STATE;
      const entries = group.map((delivery) => deliveryEntry(delivery, watchState));
      const [first] = group.slice(shown);
      return first === undefined
        ? entries
        : [
            ...entries.slice(0, shown),
            foldedEntries(entries.slice(shown), presentDelivery(first, watchState)),
          ];
    });
}

function foldedEntries(entries: readonly Html[], [iconName, text]: DeliveryPresentation): Html {
  return html`<li data-key="more ${text}"><details class="more"><summary><span class="head">${renderStateIcon(iconName)}${entries.length} more targets<span class="word c-${iconName}">${text}</span></span></summary>
<ul>${entries}</ul></details></li>`;
}

function deliveryEntry(delivery: DeliveryDocument, watchState: WatchState): Html {
  const [iconName, text] = presentDelivery(delivery, watchState);
  const at = parseInstantSince2000(delivery.at);
  const next = parseInstantSince2000(delivery.nextAttemptAt);
  const attempts = delivery.attempts === 1 ? "1 attempt" : `${delivery.attempts} attempts`;
  const isSlow = delivery.event === "job.slow";
  return html`<li data-key="${delivery.target}${isSlow && " job.slow"}"><p class="head">${renderStateIcon(iconName)}<b>${renderBdiElement(delivery.target)}</b>${isSlow && " that the job is slow"}<span class="word c-${iconName}">${text}</span></p>
${at !== null && html`<p class="quiet">${renderTime(at)}${answer(delivery)}, ${attempts}</p>`}
${next !== null && html`<p class="quiet">Next attempt ${renderCountdown(next)}</p>`}
${delivery.history.length > 0 && attemptList(delivery)}</li>`;
}

type DeliveryPresentation = readonly [icon: IconName, text: string];

const ENDED_DELIVERIES: Readonly<Record<Exclude<DeliveryState, "pending">, DeliveryPresentation>> = {
  delivered: ["succeeded", "Delivered"],
  rejected: ["failed", "Rejected"],
  gone: ["failed", "Target is gone"],
  exhausted: ["failed", "Gave up"],
};

function presentDelivery(
  { event, state, attempts, history }: DeliveryDocument,
  watchState: WatchState,
): DeliveryPresentation {
  if (state !== "pending") return ENDED_DELIVERIES[state];
  if (event === null)
    return watchState === "stopped" ? ["stopped", "Not notified"] : ["waiting", "When the job ends"];
  // After the first verdict `gone`, the service makes one more delivery attempt.
  const isRetrying = attempts > 0 || history.at(-1)?.verdict === "gone";
  return isRetrying ? ["timed_out", "Retrying"] : ["running", "On its way"];
}

function answer({ lastStatus, lastReason }: DeliveryDocument): Html {
  return html`${lastReason && !repeatsVerdict(lastReason) && html`, ${renderBdiElement(readableReason(lastReason))}`}${lastStatus !== null && ` (HTTP ${lastStatus})`}`;
}

/** Returns true if the reason says only what the page already shows as the verdict or the state. */
const repeatsVerdict = (reason: string): boolean => reason === "ok" || reason === "target_gone";

/**
 * Converts a reason to readable text. For `server_error`, the result is `Server error`. The function does not change an
 * error code of Node.js, such as `ECONNRESET`.
 */
function readableReason(reason: string): string {
  const text = reason.replaceAll("_", " ");
  return /^[a-z]/.test(reason) ? text.charAt(0).toUpperCase() + text.slice(1) : reason;
}

const VERDICT_TEXTS: Readonly<Record<Verdict, string>> = {
  delivered: "Delivered",
  retry: "Not delivered",
  rejected: "Rejected",
  gone: "Target is gone",
};

function attemptList({ target, history }: DeliveryDocument): Html {
  return html`<details><summary>Attempts</summary><ol class="attempts" aria-label="Attempts to notify ${target}">${history.map(attemptEntry)}</ol></details>`;
}

function attemptEntry(attempt: AttemptDocument): Html {
  const { verdict, status, reason, durationMs } = attempt;
  const took = durationMs < 1000 ? `${Math.round(durationMs)} ms` : formatDuration(durationMs);
  const why =
    verdict !== "delivered" && !repeatsVerdict(reason) && html`: ${renderBdiElement(readableReason(reason))}`;
  return html`<li>${renderTimeWithoutYear(Date.parse(attempt.at))} <b>${VERDICT_TEXTS[verdict]}</b>${why}${status !== null && ` (HTTP ${status})`}, after ${took} <code class="quiet">${verdict} ${renderBdiElement(reason)}</code>
${attempt.answer.trim() && html`<p class="answer" dir="auto">${attempt.answer.trim()}</p>`}</li>`;
}
