import { createHash } from "node:crypto";
import { Html } from "./html.ts";

/** A script or style of our own that stands in the page itself. */
export interface Inline {
  readonly element: Html;
  /** For the Content-Security-Policy: `'sha256-…'` over exactly the bytes inside the element. */
  readonly source: string;
}

/**
 * Puts a constant of this code into a `<script>` or `<style>`. Never give it text from outside: these elements
 * know no escaping, which is why a closing tag inside is refused.
 */
export function inline(tag: "script" | "style", code: string): Inline {
  if (/<[/!]/.test(code)) throw new Error(`a ${tag} in the page must not hold a tag`);
  const squeezed = code.trim().replace(/\n\s*/g, "\n");
  const digest = createHash("sha256").update(squeezed).digest("base64");
  return { element: new Html([`<${tag}>${squeezed}</${tag}>`], []), source: `'sha256-${digest}'` };
}
