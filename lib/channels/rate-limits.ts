import type { TargetKind } from "./targets.ts";

/** Room for messages that set out on time and arrive a little closer together. */
const MARGIN = 1.1;

/** What each receiver takes, from its own documentation; the narrower one where it names two. */
const LIMITS: Readonly<Record<TargetKind, { readonly messages: number; readonly everyMs: number } | null>> = {
  /** https://docs.slack.dev/apis/web-api/rate-limits#posting */
  slack: { messages: 1, everyMs: 1000 },
  webhook: null,
  feishu: { messages: 100, everyMs: 60_000 },
  dingtalk: { messages: 20, everyMs: 60_000 },
  wecom: { messages: 20, everyMs: 60_000 },
  teams: { messages: 4, everyMs: 1000 },
  discord: { messages: 5, everyMs: 2000 },
};

/** The least time between two messages to one target of this kind, in milliseconds; 0 where nothing limits it. */
export function paceMs(kind: TargetKind): number {
  const limit = LIMITS[kind];
  return limit === null ? 0 : Math.ceil((limit.everyMs / limit.messages) * MARGIN);
}
