import type { Arrived } from "../sink/notice-store.ts";

/** A notice in the terminal. */
export function showNotice({ channel, body }: Arrived): string {
  return `── ${channel} ──\n${body}\n`;
}
