import { ticksOf } from "./axis.ts";
import { type Html, html } from "./html.ts";
import type { Bar, Timeline } from "./timeline.ts";

/** A share of 1 as SVG wants it: one decimal is a fifth of a pixel on the widest page. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}

/** The labels above the bars. */
export function axis(timeline: Timeline): Html {
  return html`<svg class="axis" aria-hidden="true">${ticksOf(timeline).map(
    (tick) => html`<text x="${percent(tick.at)}" y="11">${tick.label}</text>`,
  )}</svg>`;
}

/** The hairlines behind all bars. */
export function grid(timeline: Timeline): Html {
  return html`<svg class="grid" aria-hidden="true">${ticksOf(timeline).map(
    ({ at }) => html`<line x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="100%"/>`,
  )}</svg>`;
}

/** A subjob's bar. Decoration: its length stands beside it, and its times in the table. */
export function barImage(bar: Bar | null): Html {
  if (bar === null) return html`<svg class="bar" aria-hidden="true"></svg>`;
  const from = Math.min(bar.from, 0.985);
  return html`<svg class="bar" aria-hidden="true"><rect class="${bar.kind}" x="${percent(from)}" width="${percent(Math.max(bar.to - from, 0.012))}" y="3" height="8" rx="3"/></svg>`;
}
