import type { Arrived } from "./notification-store.ts";

/** The receiver's page: what arrived, newest first. Loads itself again while it is open. */
export function receiverPage(notifications: readonly Arrived[]): string {
  const items = notifications
    .toReversed()
    .map(
      ({ number, at, channel, status, body }) =>
        `<article><h2>#${number} ${escapeHtml(channel)} <small>${at}, answered ${status ?? "nothing"}</small></h2>` +
        `<pre>${escapeHtml(pretty(body))}</pre></article>`,
    );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width">
<title>${notifications.length} notifications</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark; }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem; }
  small { font-weight: normal; }
</style>
<h1>What arrived</h1>
${items.join("\n") || "<p>Nothing yet.</p>"}
</html>
`;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
