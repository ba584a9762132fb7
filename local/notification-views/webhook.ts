import { Webhook } from "standardwebhooks";
import { isJsonObject } from "../../lib/domain/json.ts";
import { type Html, html } from "../../lib/pages/html.ts";

/** The result of checking a signature. Null if the receiver has no secret with which it can check the signature. */
export type SignatureCheck = "verified" | "wrong" | "missing" | null;

/**
 * Checks the signature of an event with the library of Standard Webhooks. A timestamp that differs from the current
 * time by more than five minutes fails the check.
 * @param secrets the secrets with which the receiver checks signatures
 */
export function checkWebhookSignature(
  headers: Readonly<Record<string, string>>,
  body: string,
  secrets: readonly string[],
): SignatureCheck {
  if (secrets.length === 0) return null;
  if (headers["webhook-signature"] === undefined) return "missing";
  const isVerified = secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, { ...headers });
      return true;
    } catch {
      return false;
    }
  });
  return isVerified ? "verified" : "wrong";
}

const CHECK_TEXTS: Readonly<Record<Exclude<SignatureCheck, null>, string>> = {
  verified: "✔ signature verified",
  wrong: "✖ wrong signature",
  missing: "✖ no signature",
};

/**
 * Renders a webhook event: the headers, whether the signature is correct, and the body. The reader of the page can hide
 * long parts of the body.
 */
export function renderWebhook(
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signature: SignatureCheck,
): Html {
  const type = isJsonObject(body) && typeof body.type === "string" ? body.type : "event";
  return html`<div class="chat webhook"><div class="message"><p class="sender"><b>POST</b> <code>${type}</code> ${
    signature !== null && html`<b class="check ${signature}">${CHECK_TEXTS[signature]}</b>`
  }</p>
<details><summary>${Object.keys(headers).length} headers</summary><dl>${Object.entries(headers).map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
  )}</dl></details>
${renderFields(body, 0)}</div></div>`;
}

/**
 * On the page, this number of levels of the event body is open at first. The reader of the page can open the deeper
 * levels.
 */
const OPEN_LEVELS = 1;

/**
 * Renders the fields of an object or the entries of an array as a list. The reader of the page can hide a long field
 * behind its name.
 */
function renderFields(value: unknown, level: number): Html {
  if (typeof value !== "object" || value === null) return renderScalar(value);
  const isList = Array.isArray(value);
  return html`<ul>${Object.entries(value).map(([key, part], index) => {
    const name = isList ? html`<b>${index + 1}</b> ` : html`<b>${key}</b>: `;
    if (typeof part !== "object" || part === null || Object.keys(part).length === 0)
      return html`<li>${name}${renderScalar(part)}</li>`;
    const summary = html`<summary>${name}<span class="size">${sizeOf(part)}</span></summary>`;
    return html`<li><details${level < OPEN_LEVELS && html` open`}>${summary}${renderFields(part, level + 1)}</details></li>`;
  })}</ul>`;
}

function renderScalar(value: unknown): Html {
  const type = typeof value === "string" ? "string" : "value";
  return html`<span class="${type}">${JSON.stringify(value)}</span>`;
}

/** Returns the size of an array or object, such as `[3 entries]` or `{4 fields}`. */
function sizeOf(value: object): string {
  const count = Object.keys(value).length;
  if (Array.isArray(value)) return `[${count} ${count === 1 ? "entry" : "entries"}]`;
  return `{${count} ${count === 1 ? "field" : "fields"}}`;
}
