import type { Dispatcher } from "undici";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Instant } from "../../job.ts";
import { type AllowList, readAllowList } from "./allow-list.ts";
import { guardedConnector, type Surroundings } from "./connect.ts";

/** A way out: the rules it holds to, and the connections it keeps. */
export interface Egress {
  readonly allow: AllowList;
  readonly dispatcher: Dispatcher;
}

/** Receivers and what lies between close idle connections; a frozen process does not notice. */
const IDLE_MS = 4000;
const MAX_HEADER_BYTES = 16_384;

interface Kept extends Egress {
  usedAt: Instant;
}

const kept = new WeakMap<readonly string[], Kept>();

/** Opens a way out of its own, for whoever closes it again. */
export function openEgress(allowed: readonly string[], surroundings: Surroundings = {}): Egress {
  const allow = readAllowList(allowed);
  const dispatcher = new Agent({
    connect: guardedConnector(allow, surroundings),
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    pipelining: 1,
    allowH2: false,
  });
  return { allow, dispatcher };
}

/**
 * The way out that belongs to one loaded allow list. Its connections are reused while it is in use; after a pause
 * it is opened anew, because a connection that died while the process was frozen would cost an attempt.
 */
export function keptEgress(allowed: readonly string[], now: Instant): Egress {
  const known = kept.get(allowed);
  if (known !== undefined && Math.abs(now - known.usedAt) < IDLE_MS) {
    known.usedAt = now;
    return known;
  }
  void known?.dispatcher.close();
  const opened = { ...openEgress(allowed), usedAt: now };
  kept.set(allowed, opened);
  return opened;
}
