import type { Outcome } from "../job.ts";

export interface Word {
  readonly icon: string;
  readonly word: string;
}

/** Icon and word of an outcome: either alone says it, so that nothing rests on colour. */
export function wordOf(outcome: Outcome): Word {
  switch (outcome) {
    case "succeeded":
      return { icon: "✅", word: "Succeeded" };
    case "failed":
      return { icon: "❌", word: "Failed" };
    case "timed_out":
      return { icon: "⏰", word: "Timed out" };
    case "lost":
      return { icon: "❓", word: "Lost" };
    default:
      return outcome satisfies never;
  }
}

/** Outcomes somebody should look after. */
export function isUrgent(outcome: Outcome): boolean {
  return outcome !== "succeeded";
}

/** `8 s`, `9 min 10 s`, `2 h 05 min`. */
export function spell(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `2026-11-23 09:30:00 UTC`, from ISO 8601. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
