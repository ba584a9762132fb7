import * as z from "zod";

/** How the receiver is told to misbehave: `times` times, or until it is told otherwise. */
export const Behaviour = z.strictObject({
  /** The channel it is for; every one where it is left out. */
  channel: z.string().optional(),
  kind: z.enum(["ok", "status", "hang", "pace"]),
  status: z.int().min(200).max(599).default(500),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(""),
  times: z.int().min(1).optional(),
  /** `pace`: what comes sooner after the one before gets a 429, as at Slack. */
  intervalMs: z.number().min(0).default(1000),
});
export type Behaviour = z.infer<typeof Behaviour>;

export type Reply =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "hang" };

/** What each kind of receiver answers when all is well. */
const GOOD: Readonly<Record<string, { status: number; type: string; body: string }>> = {
  slack: { status: 200, type: "text/plain", body: "ok" },
  webhook: { status: 204, type: "", body: "" },
  feishu: { status: 200, type: "application/json", body: '{"code":0,"msg":"success","data":{}}' },
  dingtalk: { status: 200, type: "application/json", body: '{"errcode":0,"errmsg":"ok"}' },
  wecom: { status: 200, type: "application/json", body: '{"errcode":0,"errmsg":"ok"}' },
  teams: { status: 202, type: "", body: "" },
  discord: { status: 204, type: "", body: "" },
};

/** The behaviours in force, and the replies that follow from them. */
export class Behaviours {
  #rules: Behaviour[] = [];
  readonly #lastGoodAt = new Map<string, number>();

  /** The latest rule that fits a channel is in force; `ok` clears those before it. */
  set(rule: Behaviour): void {
    this.#rules = this.#rules.filter(({ channel }) => rule.channel !== undefined && channel !== rule.channel);
    if (rule.kind !== "ok") this.#rules.push(rule);
  }

  reply(channel: string, nowMs: number): Reply {
    const rule = this.#rules.findLast((one) => one.channel === undefined || one.channel === channel);
    if (!rule) return this.#good(channel, nowMs);
    if (rule.kind === "pace") return this.#paced(channel, nowMs, rule.intervalMs);
    if (rule.times !== undefined) this.#spend(rule, rule.times);
    if (rule.kind === "hang") return { kind: "hang" };
    return { kind: "reply", status: rule.status, headers: rule.headers, body: rule.body };
  }

  #spend(rule: Behaviour, times: number): void {
    this.#rules = this.#rules.flatMap((one) => {
      if (one !== rule) return [one];
      return times > 1 ? [{ ...rule, times: times - 1 }] : [];
    });
  }

  #paced(channel: string, nowMs: number, intervalMs: number): Reply {
    const waitMs = (this.#lastGoodAt.get(channel) ?? Number.NEGATIVE_INFINITY) + intervalMs - nowMs;
    if (waitMs <= 0) return this.#good(channel, nowMs);
    const headers = { "retry-after": String(Math.ceil(waitMs / 1000)) };
    return { kind: "reply", status: 429, headers, body: "rate_limited" };
  }

  #good(channel: string, nowMs: number): Reply {
    this.#lastGoodAt.set(channel, nowMs);
    const { status, type, body } = GOOD[channel] ?? { status: 204, type: "", body: "" };
    return { kind: "reply", status, headers: type === "" ? {} : { "content-type": type }, body };
  }
}
