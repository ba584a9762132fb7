import { isIP } from "node:net";
import * as z from "zod";
import {
  type AllowList,
  checkUrlBeforeDns,
  isSchemeAllowed,
  isValidAllowEntry,
  parseAllowListIgnoringInvalid,
} from "../../lib/http/egress-rules.ts";

/** The advice for a target whose URL the egress rules refuse. */
export const ALLOW_REMEDY = "If the server is meant to be private, list its host in settings.egress.allow.";

const Strings = z.array(z.string().catch("")).catch([]);
const OptionalNumber = z.number().optional().catch(undefined);
const Url = z.string().optional().catch(undefined);
const Endpoints = z
  .object({
    endpoint: Url,
    auth: z.object({ iamEndpoint: Url }).catch({}),
  })
  .catch({ auth: {} });
const NO_SETTINGS = { egress: { allow: [] }, callbackHosts: [], poll: {} };
/**
 * The parts of a config that `findIneffectiveEntries` checks. A value of a wrong type is ignored here, because
 * `parseWholeConfig` reports wrong types.
 */
const Document = z
  .object({
    projects: z.record(z.string(), Endpoints).catch({}),
    targets: z.record(z.string(), z.object({ url: z.string().catch("") }).catch({ url: "" })).catch({}),
    oidc: z.array(z.object({ issuer: Url, jwksUri: Url }).catch({})).catch([]),
    settings: z
      .object({
        egress: z.object({ allow: Strings }).catch({ allow: [] }),
        callbackHosts: Strings,
        poll: z.object({ minDelaySeconds: OptionalNumber, maxDelaySeconds: OptionalNumber }).catch({}),
      })
      .catch(NO_SETTINGS),
  })
  .catch({ projects: {}, targets: {}, oidc: [], settings: NO_SETTINGS });
type Settings = z.infer<typeof Document>["settings"];

/**
 * Finds useless entries in a config, such as a target that the egress rules refuse. Returns one line of text for each
 * useless entry. The returned lines contain no values of the config. The Lambda functions accept useless entries, so
 * that an upgrade does not stop a running service.
 */
export function findIneffectiveEntries(document: unknown): readonly string[] {
  const { projects, targets, oidc, settings } = Document.parse(document);
  const allowList = parseAllowListIgnoringInvalid(settings.egress.allow);
  const refusedTargets = Object.entries(targets).flatMap(([name, { url }]) => {
    if (!URL.canParse(url)) return [];
    if (!/^https?:$/.test(new URL(url).protocol))
      return [`targets.${name}.url: must start with https:// or http://`];
    const rule = refusingRule(url, allowList);
    return rule === null
      ? []
      : [`targets.${name}.url: every notification would be refused (${rule}). ${ALLOW_REMEDY}`];
  });
  const refusedIssuers = oidc.flatMap((rule, i) =>
    (["issuer", "jwksUri"] as const).flatMap((key) => {
      const url = rule[key];
      const refusal = url === undefined || !URL.canParse(url) ? null : refusingRule(url, allowList);
      return refusal === null
        ? []
        : [`oidc[${i}].${key}: every token would be refused (${refusal}). ${ALLOW_REMEDY}`];
    }),
  );
  const refusedProjects = Object.entries(projects).flatMap(([name, { endpoint, auth }]) =>
    Object.entries({ endpoint, "auth.iamEndpoint": auth.iamEndpoint }).flatMap(([key, text = ""]) => {
      const url = URL.parse(text);
      return url === null || isSchemeAllowed(url, allowList)
        ? []
        : [`projects.${name}.${key}: every poll would be refused (egress_scheme). ${ALLOW_REMEDY}`];
    }),
  );
  const { minDelaySeconds: min, maxDelaySeconds: max } = settings.poll;
  // If only one of the two bounds is set, the service adapts the default of the other bound.
  const contradictingBounds =
    min !== undefined && max !== undefined && min > max
      ? ["settings.poll.minDelaySeconds: must not be more than maxDelaySeconds, which is used instead"]
      : [];
  return [
    ...refusedProjects,
    ...refusedTargets,
    ...refusedIssuers,
    ...findIneffectiveHosts(settings),
    ...contradictingBounds,
  ];
}

/**
 * Finds useless items in the config lists `egress.allow` and `callbackHosts`. A useless item allows no connection.
 * Returns one line of text for each useless item.
 */
export function findIneffectiveHosts({
  egress,
  callbackHosts,
}: Pick<Settings, "egress" | "callbackHosts">): readonly string[] {
  const allowList = parseAllowListIgnoringInvalid(egress.allow);
  const allowFaults = egress.allow.flatMap((entry, i) =>
    entry === "" || isValidAllowEntry(entry)
      ? []
      : [`settings.egress.allow.${i}: must be a host, host:port, address or CIDR. It allows nothing`],
  );
  const callbackFaults = callbackHosts.flatMap((entry, i) => {
    const path = `settings.callbackHosts.${i}`;
    if (entry === "") return [];
    if (entry.includes("/") || !isValidAllowEntry(entry))
      return [`${path}: must be a host or host:port. It allows no callbackUrl`];
    const rules = callbackOrigins(entry, egress.allow).map((url) => refusingRule(url, allowList));
    return rules.includes(null)
      ? []
      : [`${path}: every callback would be refused (${rules[0]}). ${ALLOW_REMEDY}`];
  });
  return [...allowFaults, ...callbackFaults];
}

/**
 * Returns the origins (scheme, host and port) that one item of `callbackHosts` allows. An item without a port allows
 * port 443 and each port in the list `egress.allow`.
 */
function callbackOrigins(entry: string, allowed: readonly string[]): readonly string[] {
  const host = isIP(entry) === 6 ? `[${entry}]` : entry;
  if (/:\d+$/.test(host)) return [`https://${host}/`];
  const ports = allowed.flatMap((one) => (isIP(one) === 6 ? [] : (/:(\d+)$/.exec(one)?.[1] ?? [])));
  return ["443", ...ports].map((port) => `https://${host}:${port}/`);
}

function refusingRule(url: string, allowList: AllowList): string | null {
  const checked = checkUrlBeforeDns(url, allowList);
  return checked.kind === "refused" ? checked.rule : null;
}
