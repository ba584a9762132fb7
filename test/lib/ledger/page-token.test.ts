import { parsePageToken, toPageToken } from "../../../lib/ledger/page-token.ts";

const jobId = "j".repeat(128);

test.each([
  ["many letters", `oidc:https://ci.example.com:${"x".repeat(700)}`],
  ["many characters that JSON escapes", "\u0001".repeat(800)],
])("a page token is valid for a caller whose name has %s", (_, caller) => {
  const position = { acceptedAt: 1_800_000_000_000, jobId, caller };
  expect(parsePageToken(toPageToken(position))).toEqual(position);
});
