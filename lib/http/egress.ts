import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { Instant } from "../domain/job.ts";
import { type AllowList, parseAllowList } from "./allow-list.ts";
import { checkAddresses } from "./check-addresses.ts";
import { type Connections, createConnectionCache, openConnections } from "./connections.ts";
import { EgressRefusedError } from "./egress-rules.ts";

/** Connections that open only to allowed addresses, together with the allow list. */
export interface Egress extends Connections {
  readonly allow: AllowList;
}

/** Options for tests. A test may replace the name resolution and the trusted certificate authority. */
export interface EgressOptions {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

const MAX_HEADER_BYTES = 16_384;

/** Opens an egress for `settings.egress.allow`. Certificates are checked even if the environment disables the check. */
export function openEgress(allowed: readonly string[], { lookup, ca }: EgressOptions = {}): Egress {
  const allow = parseAllowList(allowed);
  const connections = openConnections(MAX_HEADER_BYTES, { rejectUnauthorized: true, ca });
  for (const agent of [connections.http, connections.https]) guardAgent(agent, allow, lookup);
  return { ...connections, allow };
}

const egressByList = new WeakMap<readonly string[], (now: Instant) => Egress>();

/**
 * Returns the egress for an allow list. Calls with the same array return the same egress, until the egress was unused
 * for `MAX_IDLE_MS`. After this pause a new egress is opened, because servers may have closed the old connections.
 */
export function openOrReuseEgress(allowed: readonly string[], now: Instant): Egress {
  const egressAt = egressByList.get(allowed) ?? createConnectionCache(() => openEgress(allowed));
  egressByList.set(allowed, egressAt);
  return egressAt(now);
}

/**
 * Makes an agent check every IP address before the agent opens a socket. An IP address in a URL is checked before the
 * connection, because Node never resolves an IP address. The addresses of a host name are checked in the lookup whose
 * result Node connects to. An earlier check would be unsafe, because the name could later resolve to another address.
 */
export function guardAgent(agent: Agent, allow: AllowList, lookup: LookupFunction = systemLookup): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const host = options.host ?? "";
    const hostPort = { host: host.replace(/\.$/, ""), port: Number(options.port) };
    const refusalOf = (addresses: readonly string[]) => {
      const rule = checkAddresses(addresses, hostPort, allow);
      return rule === null ? null : new EgressRefusedError(rule);
    };
    const refusal = isIP(host) === 0 ? null : refusalOf([host]);
    if (refusal === null) return connect({ ...options, lookup: guardedLookup(lookup, refusalOf) });
    // The callback needs a socket, but Node ignores the socket if the callback gets an error.
    done?.(refusal, new Socket());
    return null;
  };
}

/** Returns a lookup that always resolves all addresses of a name, so that every address is checked. */
function guardedLookup(
  lookup: LookupFunction,
  refusalOf: (addresses: readonly string[]) => Error | null,
): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (lookupError, answers) => {
      const all = Array.isArray(answers) ? answers : [];
      const error = lookupError ?? refusalOf(all.map(({ address }) => address));
      const [first] = all;
      if (error !== null) done(error, []);
      else if (options.all === true) done(null, all);
      else if (first === undefined) done(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "");
      else done(null, first.address, first.family);
    });
  };
}
