import type { Arrived } from "../receiver/notification-store.ts";
import { terminalNotification } from "./terminal-notification.ts";

/** A notification in the terminal, as its reader will see it, behind a bar that sets it apart from the progress. */
export function showNotification({ channel, path, body }: Arrived, ansi: boolean): string {
  const lines = terminalNotification(parsed(body), { ansi });
  return [`┌ ${channel}, at ${path}`, ...lines.map((line) => `│ ${line}`), "└", ""].join("\n");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
