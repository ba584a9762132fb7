import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { html } from "../lib/pages/html.ts";
import { renderNotificationView } from "./notification-views/notification-view.ts";
import { renderNotificationsPage } from "./notification-views/notifications-page.ts";
import { checkWebhookSignature } from "./notification-views/webhook.ts";
import { readScriptArguments } from "./ops/script-arguments.ts";

const ROOT = join(import.meta.dirname, "..");
const GOLDEN_DIR = join(ROOT, "test", "lib", "channels", "golden");
const FILE = join(ROOT, "build", "preview.html");
const SECRET = `whsec_${Buffer.from("the secret of this preview").toString("base64")}`;

const Message = z.object({ payload: z.looseObject({}) });
const Golden = z.union([Message.transform((message) => [message]), z.array(Message)]);

/**
 * Renders all golden notifications as their readers see them, and writes one HTML file. `npm run preview` runs this
 * file.
 */
function main(): void {
  const names = readdirSync(GOLDEN_DIR).filter((name) => name.endsWith(".golden.json"));
  const items = names.sort().flatMap((file) => {
    const name = file.replace(".golden.json", "");
    const [channel = ""] = name.split("-");
    return Golden.parse(JSON.parse(readFileSync(join(GOLDEN_DIR, file), "utf8"))).map(
      ({ payload }, index) => {
        const body = JSON.stringify(payload);
        const headers = channel === "webhook" ? signatureHeaders(name, body) : {};
        const signature = channel === "webhook" ? checkWebhookSignature(headers, body, [SECRET]) : null;
        const view = renderNotificationView({ channel, body, headers, signature });
        return html`<article id="${name}-${index}"><h2>${name}</h2>${view}</article>`;
      },
    );
  });
  mkdirSync(join(ROOT, "build"), { recursive: true });
  writeFileSync(FILE, renderNotificationsPage({ title: `${items.length} notifications`, items }));
  process.stdout.write(`${items.length} notifications: ${FILE}\n`);
}

function signatureHeaders(name: string, body: string): Record<string, string> {
  const at = new Date();
  return {
    "content-type": "application/json",
    "webhook-id": `msg_${name}`,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(SECRET).sign(`msg_${name}`, at, body),
  };
}

readScriptArguments(
  `Renders all kinds of notifications as their readers see them, to build/preview.html.

  npm run preview
`,
  {},
);
main();
