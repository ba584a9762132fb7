import type { Instant } from "../domain/job.ts";
import { signDingtalk } from "./dingtalk/signature.ts";
import { signFeishu } from "./feishu/signature.ts";
import type { Target } from "./targets.ts";
import { signWebhook } from "./webhook/signature.ts";

/** What goes out, to the byte. `url` is as the operator wrote it, plus what a signature adds. */
export interface Outbound {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** `identity`: an answer that would have to be unpacked could unpack to anything. */
const COMMON_HEADERS = {
  "content-type": "application/json",
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/** Builds the request for one attempt at one target, signed for this moment over the very bytes that are sent. */
export function requestOf(
  target: Target,
  payload: Readonly<Record<string, unknown>>,
  webhookId: string,
  now: Instant,
): Outbound {
  const url = target.url.reveal();
  const headers = COMMON_HEADERS;
  switch (target.kind) {
    case "webhook": {
      const body = bytes(payload);
      const own = Object.entries(target.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]);
      const signed = signWebhook({ id: webhookId, now, body, secrets: target.secrets });
      return { url, headers: { ...Object.fromEntries(own), ...headers, ...signed }, body };
    }
    case "feishu": {
      const signature = target.secret === undefined ? {} : signFeishu(target.secret.reveal(), now);
      return { url, headers, body: bytes({ ...signature, ...payload }) };
    }
    case "dingtalk":
      return {
        url: target.secret === undefined ? url : withQuery(url, signDingtalk(target.secret.reveal(), now)),
        headers,
        body: bytes(payload),
      };
    case "slack":
    case "wecom":
    case "teams":
    case "discord":
      return { url, headers, body: bytes(payload) };
    default:
      return target satisfies never;
  }
}

const bytes = (payload: Readonly<Record<string, unknown>>): Buffer => Buffer.from(JSON.stringify(payload));

const withQuery = (url: string, query: string): string => `${url}${url.includes("?") ? "&" : "?"}${query}`;
