import type { Dispatcher } from "undici";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Instant } from "../job.ts";

/** A process that was frozen for longer finds its connections dead, and would lose a look to each of them. */
const IDLE_MS = 4000;
/** A token of IAM takes up to 16 KiB in a header. */
const MAX_HEADER_BYTES = 65_536;

/** Answers the dispatcher to use now: kept-alive connections while they are in use, new ones after a pause. */
export function keepConnections(now: () => Instant): () => Dispatcher {
  let kept: { readonly agent: Agent; usedAt: Instant } | null = null;
  return () => {
    const at = now();
    if (kept !== null && Math.abs(at - kept.usedAt) < IDLE_MS) {
      kept.usedAt = at;
      return kept.agent;
    }
    void kept?.agent.close();
    const agent = new Agent({
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
      allowH2: false,
    });
    kept = { agent, usedAt: at };
    return agent;
  };
}
