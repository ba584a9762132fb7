import { html } from "./html.ts";
import { icon } from "./icon.ts";
import { type RenderedPage, renderShell } from "./shell.ts";
import { BASE_STYLE } from "./style/base.ts";

/** One page for a wrong, a foreign and an expired key and for a job nobody watches: it tells none of them apart. */
export function renderNotFoundPage(): RenderedPage {
  return renderShell({
    title: "Nothing to see at this link",
    face: "lost",
    styles: [BASE_STYLE],
    script: "none",
    forms: false,
    body: html`<main class="alone">${icon("lost")}<h1>Nothing to see at this link</h1>
<p>Links to a job’s page work for a limited time and only as they were sent. This one has expired, was cut short on its way, or its job is no longer remembered.</p>
<p>A newer notification of the same job, or whoever runs this notifier, has a fresh link.</p></main>`,
  });
}
