import { Webhook } from "standardwebhooks";
import { isObject } from "../../lib/domain/json.ts";
import { type Html, html } from "../../lib/pages/html.ts";

/** The result of the check of a webhook's signature. The value is null if the receiver has no secret to check with. */
export type SignatureCheck = "verified" | "wrong" | "missing" | null;

/**
 * Checks the signature of an event with the library of Standard Webhooks. The library accepts a timestamp of the last
 * five minutes.
 * @param secrets the secrets of the receiver. Without a secret, the result is null.
 */
export function checkSignature(
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

/** Renders the headers, the check of the signature and the body of an event. Long parts of the body are folded. */
export function renderWebhook(
  body: unknown,
  headers: Readonly<Record<string, string>>,
  signature: SignatureCheck,
): Html {
  const type = isObject(body) && typeof body.type === "string" ? body.type : "event";
  return html`<div class="chat webhook"><div class="message"><p class="sender"><b>POST</b> <code>${type}</code> ${
    signature !== null && html`<b class="check ${signature}">${CHECK_TEXTS[signature]}</b>`
  }</p>
<details><summary>${Object.keys(headers).length} headers</summary><dl>${Object.entries(headers).map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
  )}</dl></details>
<div class="json">${renderJson(body, 0)}</div></div></div>`;
}

/** The level below which arrays and objects are folded. The levels of `data` and of its fields are open. */
const OPEN_LEVELS = 2;

function renderJson(value: unknown, level: number): Html {
  if (typeof value === "string") return html`<span class="string">${JSON.stringify(value)}</span>`;
  if (typeof value !== "object" || value === null) return html`<span class="value">${String(value)}</span>`;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return html`${isList ? "[]" : "{}"}`;
  const fields = entries.map(
    ([key, part]) => html`<li>${!isList && html`<b>${key}</b>: `}${renderJson(part, level + 1)}</li>`,
  );
  const label = isList ? `[ ${entries.length} ]` : `{ ${entries.length} }`;
  return level < OPEN_LEVELS
    ? html`<details open><summary>${label}</summary><ul>${fields}</ul></details>`
    : html`<details><summary>${label}</summary><ul>${fields}</ul></details>`;
}
