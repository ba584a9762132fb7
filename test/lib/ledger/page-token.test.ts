import {
  PageTokenError,
  parsePageToken,
  resolveLedgerPageToken,
  toPageToken,
  toPublicPageToken,
} from "../../../lib/ledger/page-token.ts";
import type { Watch } from "../../../lib/ledger/watch.ts";

const jobId = "j".repeat(128);
const acceptedAt = 1_800_000_000_000;
const CALLERS = [
  ["many letters", `oidc:https://ci.example.com:${"x".repeat(700)}`],
  ["many characters that JSON escapes", "\u0001".repeat(800)],
] as const;
const ledgerWith = (...callers: string[]) => ({
  listJobWatches: async () => callers.map((caller) => ({ acceptedAt, jobId, caller }) as Watch),
});

test.each(CALLERS)("a page token is valid for a caller whose name has %s", (_, caller) => {
  const position = { acceptedAt, jobId, caller };
  expect(parsePageToken(toPageToken(position))).toEqual(position);
});

describe("the page token for a reader of the job list", () => {
  test.each(CALLERS)("finds the caller again whose name has %s", async (_, caller) => {
    const token = toPageToken({ acceptedAt, jobId, caller });
    const ledger = ledgerWith("token:b", caller, "discover:prod");
    expect(await resolveLedgerPageToken(toPublicPageToken(token), "prod", ledger)).toBe(token);
  });

  test("contains no name, and continues after the watches of the job if the watch is gone", async () => {
    const hidden = toPublicPageToken(toPageToken({ acceptedAt, jobId, caller: "token:a" }));
    expect(Buffer.from(hidden, "base64url").toString()).toMatch(/^\[\d+,"j+",\d{1,3}\]$/);
    const found = parsePageToken(await resolveLedgerPageToken(hidden, "prod", ledgerWith()));
    for (const caller of ["discover:p", "oidc:i:s", "token:a"]) expect(found.caller < caller).toBe(true);
  });

  test.each(["", "x", "W10", toPageToken({ acceptedAt, jobId, caller: "token:a" })])(
    "is refused in the form %j",
    async (token) => {
      await expect(resolveLedgerPageToken(token, "prod", ledgerWith())).rejects.toThrow(PageTokenError);
    },
  );
});
