import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { Instant } from "../domain/job.ts";
import { type AllowList, parseAllowList } from "./allow-list.ts";
import { checkAddresses } from "./check-addresses.ts";
import { type Connections, createConnectionCache, openConnections } from "./connections.ts";
import { EgressRefusedError } from "./egress-rules.ts";

/** Connections that open only to allowed addresses, and the allow list that they check. */
export interface Egress extends Connections {
  readonly allow: AllowList;
}

/** What a test may replace: the name resolution, and the trusted certificate authority. */
export interface EgressOptions {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

const MAX_HEADER_BYTES = 16_384;

/** Opens an egress for `settings.egress.allow`. It checks certificates even when the environment disables the check. */
export function openEgress(allowed: readonly string[], { lookup, ca }: EgressOptions = {}): Egress {
  const allow = parseAllowList(allowed);
  const connections = openConnections(MAX_HEADER_BYTES, { rejectUnauthorized: true, ca });
  for (const agent of [connections.http, connections.https]) guardAgent(agent, allow, lookup);
  return { ...connections, allow };
}

const egressByList = new WeakMap<readonly string[], (now: Instant) => Egress>();

/**
 * Returns the egress of one allow list. The same array gets the same egress while it is in use. After a pause it gets a
 * new one, because the servers may have closed its connections while the process was frozen.
 */
export function openOrReuseEgress(allowed: readonly string[], now: Instant): Egress {
  const egressAt = egressByList.get(allowed) ?? createConnectionCache(() => openEgress(allowed));
  egressByList.set(allowed, egressAt);
  return egressAt(now);
}

/**
 * Makes an agent check every address when it opens a socket. A literal address is checked before the connection, because
 * Node does not resolve it. A name's addresses are checked in the lookup whose result Node connects to. An earlier check
 * would allow the name to change in between.
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
    // Node ignores the socket when there is an error.
    done?.(refusal, new Socket());
    return null;
  };
}

/** Always resolves all addresses of a name, so that every address is checked. */
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
