import { pageHeaders } from "./headers.ts";
import { type Html, html } from "./html.ts";
import { favicon, ICON_SHEET } from "./icon.ts";
import { inline } from "./inline.ts";
import { LIVE_SCRIPT } from "./live-script.ts";
import type { Face } from "./state-presentation.ts";

/** How often a browser without scripts asks again, in seconds. */
const REFRESH_SECONDS = 10;

export interface RenderedPage {
  readonly html: string;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
}

export interface Page {
  readonly title: string;
  readonly face: Face["name"];
  readonly styles: readonly string[];
  readonly body: Html;
  /** `none`: no script at all. `ended`: the script only counts and copies. `live`: it also asks for news. */
  readonly script: "none" | "ended" | "live";
  readonly forms: boolean;
}

/** The document around a page's body. The same page always gives the same bytes. */
export function renderShell(page: Page): RenderedPage {
  const style = inline("style", page.styles.join("\n"));
  const script = page.script === "none" ? null : inline("script", LIVE_SCRIPT);
  const document = html`<!doctype html>
<html lang="en" data-live="${page.script}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex,nofollow">
<title>${page.title}</title>
<link rel="icon" href="${favicon(page.face)}">
${page.script === "live" && html`<noscript><meta http-equiv="refresh" content="${REFRESH_SECONDS}"></noscript>`}
${style.element}
</head>
<body class="c-${page.face}">
${ICON_SHEET}
${page.body}
${script?.element}
</body>
</html>
`;
  return { html: document.toString(), headers: pageHeaders(style, script, page.forms) };
}
