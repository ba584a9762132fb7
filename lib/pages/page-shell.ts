import { createHash } from "node:crypto";
import { LIVE_SCRIPT, PAGE_CSS } from "./browser.generated.ts";
import { Html, html } from "./html.ts";
import { faviconDataUrl, ICON_SHEET, type IconName, renderStateIcon } from "./state-icons.ts";

/**
 * If the browser runs no scripts, it loads a live page (a page that may still change) again after `REFRESH_SECONDS`.
 */
const REFRESH_SECONDS = 10;

export interface RenderedPage {
  readonly html: string;
  /** The response headers, with names in lower case. */
  readonly headers: Record<string, string>;
}

export interface HtmlPage {
  readonly title: string;
  readonly icon: IconName;
  readonly css: readonly string[];
  readonly body: Html;
  /**
   * `none`: the page has no script. `ended`: the script updates durations and copies IDs. `live`: the script also
   * requests new versions of the page.
   */
  readonly script: "none" | "ended" | "live";
  readonly hasForms: boolean;
}

/** Renders a complete HTML document. The function always returns the same HTML for the same input. */
export function renderHtmlPage(page: HtmlPage): RenderedPage {
  const style = createInlineElementOrThrow("style", page.css.join("\n"));
  const script = page.script === "none" ? null : createInlineElementOrThrow("script", LIVE_SCRIPT);
  const document = html`<!doctype html>
<html lang="en" data-live="${page.script}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex,nofollow">
<title>${page.title}</title>
<link rel="icon" href="${faviconDataUrl(page.icon)}">
${page.script === "live" && html`<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>`}
${style.element}
</head>
<body class="c-${page.icon}">
${ICON_SHEET}
${page.body}
${script?.element}
</body>
</html>
`;
  return { html: document.toString(), headers: createPageHeaders(style, script, page.hasForms) };
}

/**
 * Renders the footer of a page. The footer contains a link to the API reference.
 * @param docsUrl the URL of the API reference, relative to the page
 */
export function renderPageFooter(docsUrl: string): Html {
  return html`<footer class="foot"><p>CCE job notifier watches jobs of Huawei Cloud CCE and notifies people and systems when a job ends. Anyone with the link to this page can open the page until the link expires. <a href="${docsUrl}">API reference</a></p></footer>`;
}

/**
 * Renders the page that a reader gets for an unknown job, or for a link key that is wrong or has expired. The page is
 * the same for an unknown job and for a wrong key, so that nobody can find out which jobs exist.
 */
export function renderNotFoundPage(): RenderedPage {
  return renderHtmlPage({
    title: "Nothing to see at this link",
    icon: "lost",
    css: [PAGE_CSS],
    script: "none",
    hasForms: false,
    body: html`<main class="alone">${renderStateIcon("lost")}<h1>Nothing to see at this link</h1>
<p>Links to a job’s page work for a limited time and only as they were sent. This link has expired, is incomplete, or its job is no longer stored.</p>
<p>A newer notification of the same job has a new link. The operators of this notifier can make one, too.</p></main>`,
  });
}

/** Renders the page at the root URL of the service. The start page contains a link to the API reference. */
export function renderStartPage(docsUrl: string): RenderedPage {
  return renderHtmlPage({
    title: "CCE job notifier",
    icon: "succeeded",
    css: [PAGE_CSS],
    script: "none",
    hasForms: false,
    body: html`<main class="alone">${renderStateIcon("succeeded")}<h1>CCE job notifier</h1>
<p>A pipeline sends the ID of a job of Huawei Cloud CCE to this service. The service watches the job and notifies people and systems when the job ends.</p>
<p><a href="${docsUrl}">Read the API reference</a> to send a job. The page of a job opens only with the link in its notification.</p></main>`,
  });
}

interface InlineElement {
  readonly element: Html;
  /** A hash of the code inside a `<script>` or `<style>` element, as `'sha256-…'` for the Content-Security-Policy. */
  readonly source: string;
}

/**
 * Puts code of this product into a `<script>` or `<style>` element. Only trusted code is allowed, because text inside a
 * `<script>` or `<style>` element cannot be escaped.
 * @throws an error if the code contains an HTML tag
 */
export function createInlineElementOrThrow(tag: "script" | "style", code: string): InlineElement {
  if (/<[/!]/.test(code)) throw new Error(`the code of a ${tag} must not contain a tag`);
  const trimmed = code.trim();
  const digest = createHash("sha256").update(trimmed).digest("base64");
  return { element: new Html([`<${tag}>${trimmed}</${tag}>`], []), source: `'sha256-${digest}'` };
}

/**
 * Returns the HTTP headers for the response with a page. The URL may contain a link key, and the body may contain
 * untrusted text. With these headers, the page loads nothing from other websites, and the browser runs only the given
 * script. Other pages cannot show the page in a frame, caches and search engines do not store it, and links do not
 * reveal its URL. https://www.w3.org/TR/CSP3/
 */
export function createPageHeaders(
  style: InlineElement,
  script: InlineElement | null,
  hasForms: boolean,
): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src ${script?.source ?? "'none'"}`,
    `style-src ${style.source}`,
    "img-src data:",
    `connect-src ${script === null ? "'none'" : "'self'"}`,
    `form-action ${hasForms ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "cache-control": "private, no-store",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
  };
}
