import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { buildConnector as connectors } from "undici";
import buildConnector from "undici/lib/core/connect.js";
import type { AllowList } from "./allow-list.ts";
import { checkAddresses } from "./check-addresses.ts";
import { EgressRefusedError } from "./refusal.ts";

/** The surroundings a test may replace: who resolves names, and whose certificates are trusted. */
export interface Surroundings {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

/** A handshake that stalls must not outlive the invocation by much; the attempt's own deadline comes first. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * undici's connector, with every address checked at the moment its socket is opened: a literal here, because
 * Node asks no resolver for it, and a name's answers in the lookup whose result is dialled. Checking any earlier
 * would leave a gap in which the name can be pointed elsewhere.
 */
export function guardedConnector(allow: AllowList, { lookup, ca }: Surroundings): connectors.connector {
  const resolve = lookup ?? systemLookup;
  return (options, callback) => {
    const place = {
      host: options.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, ""),
      port: Number(options.port || (options.protocol === "https:" ? 443 : 80)),
    };
    const refuse = (addresses: readonly string[]) => {
      const rule = checkAddresses(addresses, place, allow);
      return rule === null ? null : new EgressRefusedError(rule);
    };
    const refusal = isIP(place.host) === 0 ? null : refuse([place.host]);
    if (refusal !== null) {
      callback(refusal, null);
      return;
    }
    const connect = buildConnector({
      lookup: guardedLookup(resolve, refuse),
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: true,
      allowH2: false,
      ...(ca === undefined ? {} : { ca }),
    });
    return connect(options, callback);
  };
}

/** Asks for all addresses whatever the caller wants, so that none escapes the check. */
function guardedLookup(
  resolve: LookupFunction,
  refuse: (addresses: readonly string[]) => Error | null,
): LookupFunction {
  return (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, answers) => {
      const all = Array.isArray(answers) ? answers : [];
      const fault = error ?? refuse(all.map(({ address }) => address));
      const [first] = all;
      if (fault !== null) done(fault, []);
      else if (options.all === true) done(null, all);
      else if (first === undefined) done(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "");
      else done(null, first.address, first.family);
    });
  };
}
