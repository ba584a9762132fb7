import { isIP } from "node:net";
import * as z from "zod";
import { type AllowList, isAllowEntry, readAllowList } from "../../lib/http/allow-list.ts";
import { checkUrl } from "../../lib/http/check-url.ts";

/** What to do about a URL that the rules of delivery refuse. */
export const ALLOW_REMEDY = "If the receiver is meant to be private, list its host in settings.egress.allow.";

const Texts = z.array(z.string().catch("")).catch([]);
const Bound = z.number().optional().catch(undefined);
const NO_SETTINGS = { egress: { allow: [] }, callbackHosts: [], poll: {} };
/** What this is about, as far as it has its form: `parseConfig` tells what has not. */
const Document = z.object({
  targets: z.record(z.string(), z.object({ url: z.string().catch("") }).catch({ url: "" })).catch({}),
  settings: z
    .object({
      egress: z.object({ allow: Texts }).catch({ allow: [] }),
      callbackHosts: Texts,
      poll: z.object({ minDelaySeconds: Bound, maxDelaySeconds: Bound }).catch({}),
    })
    .catch(NO_SETTINGS),
});
interface Hosts {
  readonly settings: Pick<z.infer<typeof Document>["settings"], "egress" | "callbackHosts">;
}

/**
 * What a config document says in vain, though the functions take it: targets that the rules of delivery refuse at every
 * attempt, entries of lists that permit nothing, bounds that exclude each other. One line each, never a value. An upgrade must
 * not stop a service over them, so the functions go on as well as they can.
 */
export function uselessEntries(document: unknown): readonly string[] {
  const { targets, settings } = Document.catch({
    targets: {},
    settings: NO_SETTINGS,
  }).parse(document);
  const allow = readAllowList(settings.egress.allow);
  const refused = Object.entries(targets).flatMap(([name, { url }]) => {
    if (!URL.canParse(url)) return [];
    if (!/^https?:$/.test(new URL(url).protocol))
      return [`targets.${name}.url: must start with https:// or http://`];
    const rule = ruleAgainst(url, allow);
    return rule === null
      ? []
      : [`targets.${name}.url: every notification would be refused (${rule}). ${ALLOW_REMEDY}`];
  });
  return [...refused, ...hostFaults({ settings }), ...boundFaults(settings.poll)];
}

/** Only of bounds that were both written: the default of the one gives way to the other. */
function boundFaults({
  minDelaySeconds: min,
  maxDelaySeconds: max,
}: z.infer<typeof Document>["settings"]["poll"]) {
  return min !== undefined && max !== undefined && min > max
    ? ["settings.poll.minDelaySeconds: is more than maxDelaySeconds, which holds then"]
    : [];
}

/** The same of `egress.allow` and `callbackHosts` alone. */
export function hostFaults({ settings }: Hosts): readonly string[] {
  const allow = readAllowList(settings.egress.allow);
  const allowed = settings.egress.allow.flatMap((entry, i) =>
    entry === "" || isAllowEntry(entry)
      ? []
      : [`settings.egress.allow.${i}: permits nothing: it is no host, host:port, address or CIDR`],
  );
  const callbacks = settings.callbackHosts.flatMap((entry, i) => {
    const place = `settings.callbackHosts.${i}`;
    if (entry === "") return [];
    if (entry.includes("/") || !isAllowEntry(entry))
      return [`${place}: lets no callbackUrl in: it is no host or host:port`];
    const rules = urlsAt(entry, settings.egress.allow).map((url) => ruleAgainst(url, allow));
    return rules.includes(null)
      ? []
      : [`${place}: every call would be refused (${rules[0]}). ${ALLOW_REMEDY}`];
  });
  return [...allowed, ...callbacks];
}

/** What a `callbackUrl` at a listed host may begin with: an entry without a port is for every port that is allowed. */
function urlsAt(entry: string, allowed: readonly string[]): readonly string[] {
  const host = isIP(entry) === 6 ? `[${entry}]` : entry;
  if (/:\d+$/.test(host)) return [`https://${host}/`];
  const ports = allowed.flatMap((one) => (isIP(one) === 6 ? [] : (/:(\d+)$/.exec(one)?.[1] ?? [])));
  return ["443", ...ports].map((port) => `https://${host}:${port}/`);
}

function ruleAgainst(url: string, allow: AllowList): string | null {
  const checked = checkUrl(url, allow);
  return checked.kind === "refused" ? checked.rule : null;
}
