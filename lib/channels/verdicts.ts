import type { DeliveryReason, Judgement } from "./reasons.ts";

const spent = { afterSeconds: null, spent: true } as const;

export const delivered = (reason: "ok" | "accepted" = "ok"): Judgement => ({
  verdict: "delivered",
  reason,
  ...spent,
});
export const again = (reason: DeliveryReason, afterSeconds: number | null = null): Judgement => ({
  verdict: "retry",
  reason,
  afterSeconds,
  spent: true,
});
export const rejected = (reason: DeliveryReason): Judgement => ({ verdict: "rejected", reason, ...spent });
export const gone: Judgement = { verdict: "gone", reason: "target_gone", ...spent };

/** The receiver is there and willing, only not now: waiting it out is no failed attempt. */
export const throttled = (afterSeconds: number | null): Judgement => ({
  verdict: "retry",
  reason: "throttled",
  afterSeconds,
  spent: false,
});
