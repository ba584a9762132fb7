import { lookup as systemLookup } from "node:dns";
import type { Agent } from "node:http";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { AllowList } from "./allow-list.ts";
import { checkAddresses } from "./check-addresses.ts";
import { EgressRefusedError } from "./egress-refused-error.ts";

/** The surroundings a test may replace: who resolves names, and whose certificates are trusted. */
export interface Surroundings {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

/**
 * Makes an agent check every address at the moment its socket is opened: a literal here, because Node asks no
 * resolver for it, and a name's answers in the lookup whose result is dialled. Checking any earlier would leave a
 * gap in which the name can be pointed elsewhere.
 */
export function guardConnect(agent: Agent, allow: AllowList, resolve: LookupFunction = systemLookup): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const host = options.host ?? "";
    const place = { host: host.replace(/\.$/, ""), port: Number(options.port) };
    const refuse = (addresses: readonly string[]) => {
      const rule = checkAddresses(addresses, place, allow);
      return rule === null ? null : new EgressRefusedError(rule);
    };
    const refusal = isIP(host) === 0 ? null : refuse([host]);
    if (refusal === null) return connect({ ...options, lookup: guardedLookup(resolve, refuse) });
    // Beside a fault nobody looks at the socket, which was never opened.
    done?.(refusal, new Socket());
    return null;
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
