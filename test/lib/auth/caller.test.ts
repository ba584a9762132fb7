import { createHash } from "node:crypto";
import { findTokenCaller, parseAuthorization } from "../../../lib/auth/caller.ts";

test.each([
  ["Bearer abc", { kind: "bearer", token: "abc" }],
  ["bearer   a-b.c_d~e+f/g==", { kind: "bearer", token: "a-b.c_d~e+f/g==" }],
  ["", { kind: "absent" }],
  [undefined, { kind: "absent" }],
  ["Bearer", { kind: "malformed" }],
  ["Bearer a b", { kind: "malformed" }],
  ["Basic abc", { kind: "malformed" }],
  [`Bearer ${"a".repeat(20_000)}`, { kind: "malformed" }],
])("parses the authorization header %j", (header, expected) => {
  expect(parseAuthorization(header)).toEqual(expected);
});

test("finds the caller of a token by any hash of the token, in upper or lower case", () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const scopes = { projects: ["prod"], targets: ["*"] };
  const tokens = {
    ci: { sha256: [sha256("old"), sha256("new").toUpperCase()], ...scopes },
    other: { sha256: sha256("else"), ...scopes },
  };
  expect(findTokenCaller("old", tokens)?.name).toBe("token:ci");
  expect(findTokenCaller("new", tokens)).toEqual({ name: "token:ci", ...scopes });
  expect(findTokenCaller(sha256("old"), tokens)).toBeNull();
  expect(findTokenCaller("", tokens)).toBeNull();
  expect(findTokenCaller("old", {})).toBeNull();
});
