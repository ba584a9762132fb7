import * as z from "zod";
import { readAllowList } from "../../lib/http/allow-list.ts";
import { checkAddresses } from "../../lib/http/check-addresses.ts";
import { checkUrl } from "../../lib/http/check-url.ts";

const Case = z.object({
  url: z.string(),
  resolves: z.array(z.string()),
  expect: z.object({ verdict: z.enum(["allow", "refuse"]) }),
});

/** Guards one URL and the addresses it resolves to, with an empty allow list. Null when the guard does as expected. */
export function check(testCase: unknown): string | null {
  const { url, resolves, expect } = Case.parse(testCase);
  const rule = refusalOf(url, resolves);
  const verdict = rule === null ? "allow" : "refuse";
  return verdict === expect.verdict
    ? null
    : `expected ${expect.verdict}, got ${verdict} (${rule ?? "no rule"})`;
}

function refusalOf(url: string, resolves: readonly string[]): string | null {
  const nothing = readAllowList([]);
  const checked = checkUrl(url, nothing);
  if (checked.kind === "refused") return checked.rule;
  if (resolves.length === 0) return "no address";
  return checkAddresses(resolves, checked.hostPort, nothing);
}
