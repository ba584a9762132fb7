import { readFileSync } from "node:fs";
import { type Html, html, type Part } from "../../lib/pages/html.ts";

const STYLE = readFileSync(new URL("./notifications-page.css", import.meta.url), "utf8");

/** The script of the page shows all times in the reader's time zone, and adds new notifications at the top. */
const SCRIPT = `
const localTimes = (root) => {
  for (const time of root.querySelectorAll("time")) {
    time.title = time.textContent;
    time.textContent = new Date(time.dateTime).toLocaleString([], {
      dateStyle: "medium",
      timeStyle: "short",
    });
  }
};
localTimes(document);
const items = document.getElementById("items");
if (items.dataset.stream) {
  const stream = new EventSource(items.dataset.stream);
  stream.addEventListener("notification", ({ data }) => {
    const template = document.createElement("template");
    template.innerHTML = data;
    localTimes(template.content);
    items.prepend(template.content);
    const count = items.children.length;
    document.title = count + (count === 1 ? " notification" : " notifications");
    document.querySelector("h1").textContent = document.title;
  });
}
`;

/**
 * Returns the HTML of a page with notifications.
 * @param options.stream the URL of a stream of notifications (server-sent events). The page adds each new notification
 * at the top. Without this URL, the page shows only `options.items`.
 */
export function renderNotificationsPage(options: {
  readonly title: string;
  readonly items: Part;
  readonly stream?: string;
}): string {
  const { title, items, stream } = options;
  const body: Html = html`<main><h1>${title}</h1><div id="items" data-stream="${stream ?? ""}">${items}</div>${
    stream !== undefined && html`<p>A notification appears here when it arrives.</p>`
  }</main>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${html`<title>${title}</title>`}
<style>${STYLE}</style>
${body}
<script>${SCRIPT}</script>
</html>
`;
}
