import type { Arrived } from "../sink/notice-store.ts";
import { terminalNotice } from "../terminal-notice.ts";

/** A notice in the terminal, as its reader will see it, behind a bar that sets it apart from the progress. */
export function showNotice({ channel, path, body }: Arrived, ansi: boolean): string {
  const lines = terminalNotice(parsed(body), { ansi });
  return [`┌ ${channel}, at ${path}`, ...lines.map((line) => `│ ${line}`), "└", ""].join("\n");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
