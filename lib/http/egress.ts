import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { Instant } from "../domain/job.ts";
import {
  type Connections,
  createConnectionCacheReopenedAfterIdle,
  createConnections,
} from "./connections.ts";
import { BODY_UNDECODABLE, decompressTruncateAndDecodeText } from "./decompress-and-decode-text.ts";
import {
  type AllowList,
  checkUrlBeforeDns,
  EgressRefusedError,
  type EgressRule,
  type HostPort,
  isPublicUnicastAddress,
  parseAllowListIgnoringInvalid,
} from "./egress-rules.ts";
import type { OutgoingProxy } from "./outgoing-proxy.ts";
import { sendHttpRequest } from "./send-http-request.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * Connections that the egress rules (rules for outgoing connections) check, and the list of hosts that are always
 * allowed.
 */
export interface Egress extends Connections {
  readonly allow: AllowList;
}

/**
 * The outgoing proxy. `lookup` and `ca` are only for tests: they replace the name resolution and the trusted
 * certificate authorities.
 */
export interface EgressOptions {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
  readonly proxy?: OutgoingProxy | null;
}

/**
 * The maximum total size of the headers of a response. The limit is high, because some proxies and sign-in pages set
 * many cookies.
 */
const MAX_HEADER_BYTES = 65_536;

/**
 * Creates connections that the egress rules check. Hosts in `settings.egress.allow` are always allowed. TLS
 * certificates are always checked, even if an environment variable disables the check.
 */
export function createEgress(
  alwaysAllowed: readonly string[],
  { lookup, ca, proxy = null }: EgressOptions = {},
): Egress {
  const allow = parseAllowListIgnoringInvalid(alwaysAllowed);
  // In the options of the agent, even an option `ca` with the value undefined would replace the option `ca` of each
  // request.
  const connections = createConnections(MAX_HEADER_BYTES, ca === undefined ? {} : { ca }, proxy);
  makeAgentCheckAddresses(connections.http, allow, lookup);
  makeAgentCheckAddresses(connections.https, allow, lookup, proxy);
  return { ...connections, allow };
}

const egressByList = new WeakMap<readonly string[], (now: Instant) => Egress>();

/**
 * Returns the connections for an allow list. Later calls with the same array return the same connections. If the latest
 * call for the array was more than `MAX_IDLE_MS` ago, servers may have closed the connections, so the function returns
 * new ones.
 */
export function getCachedEgress(
  allowed: readonly string[],
  now: Instant,
  proxy: OutgoingProxy | null = null,
): Egress {
  const egressAt =
    egressByList.get(allowed) ??
    createConnectionCacheReopenedAfterIdle(() => createEgress(allowed, { proxy }));
  egressByList.set(allowed, egressAt);
  return egressAt(now);
}

/**
 * Makes an agent check every IP address before it opens a socket. Even with a proxy, the service resolves and checks
 * the host name itself. The service sends the checked IP address to the proxy, and not the host name. If the proxy
 * resolved the host name itself, the proxy could find an unchecked address. The proxy resolves a host name only if the
 * allow list contains the name. If the host is an IP address, the function checks it before the connection. If the host
 * is a name, the function resolves the name once, checks the addresses and gives them to Node.js. If Node.js resolved
 * the name again, Node.js could get an unchecked address.
 */
export function makeAgentCheckAddresses(
  agent: Agent,
  allow: AllowList,
  lookup: LookupFunction = systemLookup,
  proxy: OutgoingProxy | null = null,
): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const host = options.host ?? "";
    const hostPort = { host: host.replace(/\.$/, ""), port: Number(options.port) };
    const refusalOf = (addresses: readonly string[]) => {
      const rule = findRefusingRule(addresses, hostPort, allow);
      return rule === null ? null : new EgressRefusedError(rule);
    };
    const refusal = isIP(host) === 0 ? null : refusalOf([host]);
    if (refusal !== null) {
      // The type of `done` requires a socket even together with an error. Node.js ignores this socket.
      done?.(refusal, new Socket());
      return null;
    }
    const guarded = { ...options, lookup: guardedLookup(lookup, refusalOf) };
    if (proxy === null || !proxy.isUsedFor(host, hostPort.port)) return connect(guarded);
    return connect(allow.hasName(hostPort.host, hostPort.port) ? options : guarded, done);
  };
}

/** Returns a lookup function that resolves and checks all addresses of a host. */
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

/**
 * Checks all IP addresses of a host. Returns the first egress rule that refuses an address. If all addresses are
 * allowed, the result is null. A host with one refused address is refused, because a host name with a private address
 * may be an attack.
 */
export function findRefusingRule(
  addresses: readonly string[],
  { host, port }: HostPort,
  allow: AllowList,
): EgressRule | null {
  if (allow.hasName(host, port)) return null;
  const isAllowed = addresses.every(
    (address) => isPublicUnicastAddress(address) || allow.hasAddress(address, port),
  );
  return isAllowed ? null : "egress_private_address";
}

/**
 * The service did not receive a complete document. The error message contains an error code, but not the address of the
 * server.
 */
export class GuardedFetchError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the document could not be fetched (error code ${code})`);
    this.name = "GuardedFetchError";
    this.code = code;
  }
}

interface GuardedFetchOptions {
  readonly egress: Egress;
  readonly tls?: TlsOptions;
  readonly timeLimitMs?: number;
  readonly maxBytes?: number;
}

/**
 * Fetches a small document from an external server, such as the keys of a token issuer. The function applies the egress
 * rules (the rules for outgoing connections). The function does not follow redirects. `timeLimitMs` is the maximum time
 * for the whole request and response.
 * @throws {EgressRefusedError} if an egress rule refuses a connection to the address.
 * @throws {GuardedFetchError} if the response is too late, is broken, or has more than `maxBytes` bytes after
 * decompression.
 */
export async function guardedFetchOrThrow(
  url: string,
  options: GuardedFetchOptions,
): Promise<{ readonly status: number; readonly text: string }> {
  const { egress, tls, timeLimitMs = 5000, maxBytes = 262_144 } = options;
  const checked = checkUrlBeforeDns(url, egress.allow);
  if (checked.kind === "refused") throw new EgressRefusedError(checked.rule);
  const headers = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };
  const result = await sendHttpRequest({
    connections: egress,
    url: checked.url,
    tls,
    method: "GET",
    headers,
    body: null,
    timeLimitMs,
    maxBytes,
  });
  if (result.kind === "failed")
    throw result.error instanceof EgressRefusedError ? result.error : new GuardedFetchError(result.code);
  const decoded = await decompressTruncateAndDecodeText(result, maxBytes);
  if (decoded === null) throw new GuardedFetchError(BODY_UNDECODABLE);
  if (decoded.isTruncated) throw new GuardedFetchError("ANSWER_TOO_LONG");
  return { status: result.status, text: decoded.text };
}
