import { createHash } from "node:crypto";
import {
  createToken,
  findTokenCaller,
  parseAuthorization,
  TOKEN_BYTES,
} from "../../../lib/auth/bearer-token.ts";

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

test("finds the caller of a token by any of its hashes, in upper or lower case", () => {
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

test("a created token is accepted with the entry that was created for it", () => {
  const scopes = { projects: ["prod"], targets: ["*"] };
  const { token, entry } = createToken(new Uint8Array(TOKEN_BYTES).fill(255), scopes);
  expect(parseAuthorization(`Bearer ${token}`)).toEqual({ kind: "bearer", token });
  expect(findTokenCaller(token, { gitlab: entry })).toEqual({ name: "token:gitlab", ...scopes });
  expect(JSON.stringify(entry)).not.toContain(token);
});
