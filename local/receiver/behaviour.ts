import * as z from "zod";

/**
 * A behaviour of the local receiver: a rule for its responses to notifications. A behaviour with the field `times`
 * applies only to the next `times` notifications. Without `times`, a behaviour applies until a new behaviour is set.
 */
export const Behaviour = z.strictObject({
  /** The kind of channel to which the behaviour applies. By default, a behaviour applies to all channels. */
  channel: z.string().optional(),
  kind: z.enum(["ok", "status", "hang", "rate_limit"]),
  status: z.int().min(200).max(599).default(500),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
  times: z.int().min(1).optional(),
  /**
   * Only for the kind `rate_limit`: the allowed interval between two notifications. If a notification arrives before
   * this interval is over, the receiver responds with the status 429, as Slack does.
   */
  intervalMs: z.number().min(0).default(1000),
});
export type Behaviour = z.infer<typeof Behaviour>;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_TYPE = { "content-type": "application/json" };
const NO_CONTENT: Reply = { status: 204, headers: {}, body: "" };

/** A map from each kind of channel to the response to an accepted notification. */
const SUCCESS_REPLIES: Readonly<Record<string, Reply>> = {
  slack: { status: 200, headers: { "content-type": "text/plain" }, body: "ok" },
  webhook: NO_CONTENT,
  feishu: { status: 200, headers: JSON_TYPE, body: '{"code":0,"msg":"success","data":{}}' },
  dingtalk: { status: 200, headers: JSON_TYPE, body: '{"errcode":0,"errmsg":"ok"}' },
  wecom: { status: 200, headers: JSON_TYPE, body: '{"errcode":0,"errmsg":"ok"}' },
  teams: { status: 202, headers: {}, body: "" },
  discord: NO_CONTENT,
};

export class Behaviours {
  #rules: Behaviour[] = [];
  readonly #lastAcceptedAt = new Map<string, number>();

  /**
   * Sets a behaviour of the receiver. If several behaviours match a notification, the newest behaviour applies. The
   * behaviour `ok` removes all earlier behaviours.
   */
  set(rule: Behaviour): void {
    this.#rules = this.#rules.filter(({ channel }) => rule.channel !== undefined && channel !== rule.channel);
    if (rule.kind !== "ok") this.#rules.push(rule);
  }

  /**
   * Returns the receiver's response to one notification, or null if the receiver must never respond to the
   * notification.
   */
  reply(channel: string, nowMs: number): Reply | null {
    const rule = this.#rules.findLast((one) => one.channel === undefined || one.channel === channel);
    if (!rule) return this.#accept(channel, nowMs);
    if (rule.kind === "rate_limit") return this.#rateLimited(channel, nowMs, rule.intervalMs);
    if (rule.times !== undefined) this.#countDown(rule, rule.times);
    return rule.kind === "hang" ? null : { status: rule.status, headers: rule.headers, body: rule.body };
  }

  #countDown(rule: Behaviour, times: number): void {
    this.#rules = this.#rules.flatMap((one) => {
      if (one !== rule) return [one];
      return times > 1 ? [{ ...rule, times: times - 1 }] : [];
    });
  }

  #rateLimited(channel: string, nowMs: number, intervalMs: number): Reply {
    const waitMs = (this.#lastAcceptedAt.get(channel) ?? Number.NEGATIVE_INFINITY) + intervalMs - nowMs;
    if (waitMs <= 0) return this.#accept(channel, nowMs);
    const headers = { "retry-after": String(Math.ceil(waitMs / 1000)) };
    return { status: 429, headers, body: "rate_limited" };
  }

  #accept(channel: string, nowMs: number): Reply {
    this.#lastAcceptedAt.set(channel, nowMs);
    return SUCCESS_REPLIES[channel] ?? NO_CONTENT;
  }
}
