// The script of the job page and of the list page. The script updates durations and bars, shows times in the reader's
// time zone, and copies IDs. On a live page (a page that may still change), the script also requests new versions of
// the page. The script changes only HTML nodes that differ. Selected text, open sections and typed text stay, because
// the script does not replace equal nodes. The script never changes elements with the attribute `data-keep`.
import { formatDuration, formatUtc } from "../../domain/time-text.ts";
import { unhideCopyButtons } from "./copy-buttons.ts";

const REQUEST_TIMEOUT_MS = 15_000;
/** The script ignores a smaller difference between the clocks of the browser and of the service. */
const MIN_CLOCK_OFFSET_MS = 2500;
const MAX_DELAY_MS = 60_000;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** The minimum width of a bar in percent. The service and the browser script use the same minimum width. */
const MIN_BAR_PERCENT = 1.2;
const SHORT_TIME: Intl.DateTimeFormatOptions = {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
};
const shortTime = new Intl.DateTimeFormat(undefined, SHORT_TIME);
const fullTime = new Intl.DateTimeFormat(undefined, {
  ...SHORT_TIME,
  year: "numeric",
  timeZoneName: "short",
});

const root = document.documentElement;
const openedAt = Date.now();
/** The sections of the page that the reader has opened or closed. */
const toggledSections = new WeakSet<Element>();
let isLive = root.dataset.live === "live";
/** The time of the service's clock minus the time of the browser's clock. */
let clockOffsetMs = 0;
let etag: string | null = null;
let failedRequests = 0;
let timer: number | undefined;

function elements(selector: string): NodeListOf<HTMLElement> {
  return document.querySelectorAll<HTMLElement>(selector);
}

function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Returns an age as text. If the age is at least one minute, the text contains only the largest unit, for example `9
 * min`.
 */
function formatAge(ageMs: number): string {
  const text = formatDuration(ageMs);
  return ageMs < MINUTE_MS ? text : text.split(" ").slice(0, 2).join(" ");
}

function updateTimes(): void {
  const now = Date.now() + clockOffsetMs;
  for (const { node, at } of timesOf("since")) setText(node, formatDuration(now - at));
  for (const { node, at } of timesOf("ago")) setText(node, `${formatAge(now - at)} ago`);
  for (const { node, at } of timesOf("until"))
    setText(node, at - now < SECOND_MS ? "now" : `in ${formatDuration(at - now)}`);
  for (const bar of document.querySelectorAll("[data-grows]")) growBar(bar, now);
}

/** Makes the bar of a running subjob longer, up to the current time. */
function growBar(bar: Element, now: number): void {
  const { start, end } = bar.closest<HTMLElement>("[data-start]")?.dataset ?? {};
  const [from, to] = [Date.parse(start ?? ""), Date.parse(end ?? "")];
  const percent =
    Math.min(100, (100 * (now - from)) / (to - from)) - Number.parseFloat(bar.getAttribute("x") ?? "");
  bar.setAttribute("width", `${Math.max(MIN_BAR_PERCENT, percent)}%`);
}

function timesOf(name: "since" | "ago" | "until"): { node: HTMLElement; at: number }[] {
  return [...elements(`[data-${name}]`)].map((node) => ({ node, at: Date.parse(node.dataset[name] ?? "") }));
}

/** Completes the page with copy buttons and local times, which need the script. */
function enhance(page: ParentNode): void {
  for (const time of page.querySelectorAll("time")) {
    const at = Date.parse(time.dateTime);
    time.title = formatUtc(at);
    setText(time, ("short" in time.dataset ? shortTime : fullTime).format(at));
  }
  unhideCopyButtons(page);
}

function isSameNode(old: Node, next: Node): boolean {
  if (old.nodeName !== next.nodeName) return false;
  if (!(old instanceof Element && next instanceof Element)) return true;
  return old.id === next.id && old.getAttribute("data-key") === next.getAttribute("data-key");
}

/** Changes the HTML node `old` so that it is equal to `next`. Child nodes that are already equal do not change. */
function morph(old: Node, next: Node): void {
  if (!(old instanceof Element && next instanceof Element)) {
    setText(old, next.textContent ?? "");
    return;
  }
  if (old.hasAttribute("data-keep")) return;
  morphAttributes(old, next);
  let position = old.firstChild;
  for (const child of [...next.childNodes]) {
    let match = position;
    while (match !== null && !isSameNode(match, child)) match = match.nextSibling;
    if (match === null) {
      old.insertBefore(child, position);
      continue;
    }
    removeSiblings(position, match);
    morph(match, child);
    position = match.nextSibling;
  }
  removeSiblings(position, null);
}

function morphAttributes(old: Element, next: Element): void {
  const isKept = (name: string) => name === "open" && toggledSections.has(old);
  for (const { name } of [...old.attributes])
    if (!next.hasAttribute(name) && !isKept(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (old.getAttribute(name) !== value && !isKept(name)) old.setAttribute(name, value);
}

/** Removes the HTML node `first` and the nodes after it. Stops before `end`. */
function removeSiblings(first: ChildNode | null, end: ChildNode | null): void {
  for (let node = first; node !== null && node !== end; ) {
    const removed = node;
    node = node.nextSibling;
    removed.remove();
  }
}

function showConnection(text: string, className: "" | "late" | "ended"): void {
  const node = document.getElementById("live");
  if (node === null) return;
  setText(node, text);
  node.className = className;
}

function showPage(text: string): void {
  const next = new DOMParser().parseFromString(text, "text/html");
  document.title = next.title;
  const [icon, nextIcon] = [document, next].map((page) =>
    page.querySelector<HTMLLinkElement>("link[rel=icon]"),
  );
  if (icon && nextIcon && icon.href !== nextIcon.href) icon.href = nextIcon.href;
  for (const script of [...next.querySelectorAll("script"), ...elements("body > script")]) script.remove();
  enhance(next);
  morph(document.body, next.body);
  const state = next.documentElement.dataset.live;
  isLive = state === "live";
  root.dataset.live = state ?? "ended";
  updateTimes();
}

async function requestPage(): Promise<void> {
  const response = await fetch(location.href, {
    headers: etag === null ? {} : { "if-none-match": etag },
    cache: "no-store",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const offsetMs = Date.parse(response.headers.get("date") ?? "") - Date.now();
  if (Math.abs(offsetMs) > MIN_CLOCK_OFFSET_MS) clockOffsetMs = offsetMs;
  if (response.status === 404) {
    isLive = false;
    showConnection("This link has expired", "ended");
    return;
  }
  if (response.status !== 304) {
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    showPage(await response.text());
    etag = response.headers.get("etag");
  }
  failedRequests = 0;
  showConnection(isLive ? "Live" : "Over", isLive ? "" : "ended");
}

async function refresh(): Promise<void> {
  try {
    await requestPage();
  } catch {
    failedRequests += 1;
    if (failedRequests > 1) showConnection("Cannot reach the notifier, trying again", "late");
  }
  scheduleRefresh();
}

/**
 * Returns the milliseconds until the script requests the page again. For a newly opened page, the wait is 2 seconds.
 * The wait grows with the time for which the page has been open, and with each failed request.
 */
function refreshDelayMs(): number {
  const openMs = Date.now() - openedAt;
  const delayMs =
    openMs < MINUTE_MS ? 2000 : openMs < 5 * MINUTE_MS ? 5000 : openMs < 30 * MINUTE_MS ? 10_000 : 30_000;
  return Math.min(MAX_DELAY_MS, delayMs * 2 ** Math.min(failedRequests, 5));
}

function scheduleRefresh(): void {
  clearTimeout(timer);
  if (isLive && !document.hidden) timer = setTimeout(refresh, refreshDelayMs());
}

// In a form, `since` and `to` contain dates in the reader's time zone, because the page shows local times. The URL
// contains times in UTC, so that a copied URL selects the same jobs in every time zone.

/** In the filter, a date in `since` means the start of that day, and a date in `to` means the end of that day. */
const TIMES_OF_DATE_FIELDS = { since: "T00:00:00.000", to: "T23:59:59.999" } as const;

/** Shows the time of a date field as a local date. */
function fillDateFieldsWithLocalDates(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-time]")) {
    const at = new Date(field.dataset.time ?? "");
    const localMs = at.getTime() - at.getTimezoneOffset() * 60_000;
    if (Number.isFinite(localMs)) field.value = new Date(localMs).toISOString().slice(0, 10);
  }
}

/** Replaces each date of a form by a time in UTC: the start or the end of the local day. */
function replaceLocalDatesByUtcTimes({ formData }: FormDataEvent): void {
  for (const [name, time] of Object.entries(TIMES_OF_DATE_FIELDS)) {
    const at = new Date(`${formData.get(name)}${time}`);
    if (Number.isFinite(at.getTime())) formData.set(name, at.toISOString());
  }
}

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  const section = target.closest("summary")?.parentElement;
  if (section) toggledSections.add(section);
});
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (isLive && !document.hidden) void refresh();
});
setInterval(() => {
  if (!document.hidden) updateTimes();
}, SECOND_MS);
document.addEventListener("formdata", replaceLocalDatesByUtcTimes);
enhance(document);
fillDateFieldsWithLocalDates();
updateTimes();
if (isLive) showConnection("Live", "");
scheduleRefresh();
