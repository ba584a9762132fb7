import type { Instant } from "../domain/job.ts";
import { type AllowList, readAllowList } from "./allow-list.ts";
import { closeConnectionsWhenIdle, IDLE_MS, openConnections } from "./connections.ts";
import type { Connections } from "./exchange.ts";
import { guardConnect, type Surroundings } from "./guard-connect.ts";

/** A way out: the rules it holds to, and the connections it keeps. */
export interface Egress {
  readonly allow: AllowList;
  readonly connections: Connections;
}

const MAX_HEADER_BYTES = 16_384;

interface Kept extends Egress {
  usedAt: Instant;
}

const kept = new WeakMap<readonly string[], Kept>();

/** Opens a way out of its own. Certificates are verified whatever the environment says. */
export function openEgress(allowed: readonly string[], { lookup, ca }: Surroundings = {}): Egress {
  const allow = readAllowList(allowed);
  const connections = openConnections(MAX_HEADER_BYTES, {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
  });
  for (const agent of [connections.http, connections.https]) guardConnect(agent, allow, lookup);
  return { allow, connections };
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
  if (known !== undefined) closeConnectionsWhenIdle(known.connections);
  const opened = { ...openEgress(allowed), usedAt: now };
  kept.set(allowed, opened);
  return opened;
}
