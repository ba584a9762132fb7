import type { WatchState } from "../domain/job.ts";
import type { Ready } from "../domain/ready.ts";
import { describeState } from "../domain/state-text.ts";
import { type Html, html } from "./html.ts";

const COLOURS = {
  running: "#1f6feb",
  succeeded: "#1a7f4b",
  failed: "#d1293d",
  timed_out: "#b25e00",
  lost: "#7a4fd0",
  stopped: "#6b7480",
  waiting: "#6b7480",
};
/** The name of an icon for a state. The CSS variable with the colour of an icon has the same name as the icon. */
export type IconName = keyof typeof COLOURS;

/**
 * The shapes of all icons, drawn on a grid of 16 × 16. All icons have different shapes, because some readers cannot see
 * colours.
 */
const SHAPES: Readonly<Record<IconName, Html>> = {
  running: html`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2" opacity=".3"/><path class="arc" d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>`,
  succeeded: html`<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="m4.9 8.3 2.2 2.2 4.1-4.7" fill="none" stroke="var(--on,#fff)" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>`,
  failed: html`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" fill="none" stroke="var(--on,#fff)" stroke-width="1.8" stroke-linecap="round"/>`,
  timed_out: html`<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="M8 4.6V8l2.4 1.6" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>`,
  lost: html`<path d="m8 .8 7.2 7.2L8 15.2.8 8z" fill="currentColor"/><path d="M6.3 6.4c.1-2.2 3.5-2.1 3.4 0 0 1.2-1.6 1.2-1.6 2.4m0 2.1v.1" fill="none" stroke="var(--on,#fff)" stroke-width="1.5" stroke-linecap="round"/>`,
  stopped: html`<rect x="1.8" y="1.8" width="12.4" height="12.4" rx="3" fill="none" stroke="currentColor" stroke-width="1.7"/><rect x="5.6" y="5.6" width="4.8" height="4.8" rx="1" fill="currentColor"/>`,
  waiting: html`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2.1"/>`,
};

const SYMBOLS = Object.entries(SHAPES).map(
  ([name, shape]) => html`<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`,
);
/**
 * The SVG element that contains the shapes of all icons. Each page contains the SVG element once, and each icon on the
 * page refers to a shape in the SVG element.
 */
export const ICON_SHEET = html`<svg width="0" height="0" class="sheet" aria-hidden="true"><defs>${SYMBOLS}</defs></svg>`;

/** Renders the icon for a state. Screen readers ignore the icon, because each icon has text next to it. */
export function renderStateIcon(name: IconName): Html {
  return html`<svg class="icon c-${name}" aria-hidden="true"><use href="#i-${name}"/></svg>`;
}

/** Returns the icon of the browser tab as a `data:` URL. */
export function faviconDataUrl(name: IconName): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" color="${COLOURS[name]}">${SHAPES[name]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export interface StatePresentation {
  readonly icon: IconName;
  readonly text: string;
  /** A character that shows the state in the title of the browser tab, because a title can contain only text. */
  readonly sign: string;
}

type Signs = Pick<StatePresentation, "icon" | "sign">;

const SIGNS: Readonly<Record<WatchState, Signs>> = {
  watching: { icon: "running", sign: "●" },
  succeeded: { icon: "succeeded", sign: "✓" },
  failed: { icon: "failed", sign: "✕" },
  not_ready: { icon: "failed", sign: "✕" },
  timed_out: { icon: "timed_out", sign: "◷" },
  lost: { icon: "lost", sign: "?" },
  stopped: { icon: "stopped", sign: "■" },
};
const UNOBSERVED: Signs = { icon: "waiting", sign: "○" };

/** Returns the icon, the text and the sign for a watch state. */
export function presentState(state: WatchState, wasObserved: boolean, ready?: Ready): StatePresentation {
  const isUnobserved = state === "watching" && !wasObserved && ready?.state !== "pending";
  return { ...(isUnobserved ? UNOBSERVED : SIGNS[state]), text: describeState(state, wasObserved, ready) };
}
