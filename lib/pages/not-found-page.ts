import { PAGE_CSS } from "./browser.generated.ts";
import { html } from "./html.ts";
import { icon } from "./icon.ts";
import { type RenderedPage, renderPage } from "./page-shell.ts";

/** The same page for a wrong key, an expired key and an unknown job. So the page does not reveal which jobs exist. */
export function renderNotFoundPage(): RenderedPage {
  return renderPage({
    title: "Nothing to see at this link",
    icon: "lost",
    css: [PAGE_CSS],
    script: "none",
    hasForms: false,
    body: html`<main class="alone">${icon("lost")}<h1>Nothing to see at this link</h1>
<p>Links to a job’s page work for a limited time and only as they were sent. This link has expired, is incomplete, or its job is no longer stored.</p>
<p>A newer notification of the same job has a new link. The operators of this notifier can make one, too.</p></main>`,
  });
}
