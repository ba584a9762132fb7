import type { Timeline } from "./timeline.ts";

export interface Tick {
  /** From 0 to 1. */
  readonly at: number;
  readonly label: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_SECONDS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 30, 90, 365].map((days) => days * DAY),
];
const MOST_TICKS = 5;
/** A label this near to the end would be cut off by it. */
const LAST_LABEL = 0.93;

/** Round lengths of time along a timeline, from its start: at most six, all in one unit. */
export function ticksOf(timeline: Timeline): readonly Tick[] {
  const seconds = (timeline.end - timeline.start) / 1000;
  const step = STEPS_SECONDS.find((candidate) => seconds / candidate <= MOST_TICKS) ?? seconds;
  const count = Math.floor(seconds / step) + 1;
  return Array.from({ length: count }, (_, index) => ({
    at: (index * step) / seconds,
    label: index === 0 ? "0" : label(index * step, step),
  })).filter((tick) => tick.at <= LAST_LABEL);
}

function label(seconds: number, step: number): string {
  if (step < MINUTE) return `${seconds} s`;
  if (step < HOUR) return `${seconds / MINUTE} min`;
  if (step < DAY) return `${seconds / HOUR} h`;
  return `${Math.round(seconds / DAY)} d`;
}
