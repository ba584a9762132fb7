import { createHash } from "node:crypto";
import { callerOfToken, readAuthorization } from "../../../lib/auth/bearer.ts";

test.each([
  ["Bearer abc", { kind: "bearer", token: "abc" }],
  ["bearer   a-b.c_d~e+f/g==", { kind: "bearer", token: "a-b.c_d~e+f/g==" }],
  ["", { kind: "absent" }],
  [undefined, { kind: "absent" }],
  ["Bearer", { kind: "malformed" }],
  ["Bearer a b", { kind: "malformed" }],
  ["Basic abc", { kind: "malformed" }],
  [`Bearer ${"a".repeat(20_000)}`, { kind: "malformed" }],
])("the header %j", (header, expected) => {
  expect(readAuthorization(header)).toEqual(expected);
});

test("a token is known by its digest, in either case of letters, whichever of two it is", () => {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  const scopes = { projects: ["prod"], targets: ["*"] };
  const tokens = {
    ci: { sha256: [digest("old"), digest("new").toUpperCase()], ...scopes },
    other: { sha256: digest("else"), ...scopes },
  };
  expect(callerOfToken("old", tokens)?.name).toBe("token:ci");
  expect(callerOfToken("new", tokens)).toEqual({ name: "token:ci", ...scopes });
  expect(callerOfToken(digest("old"), tokens)).toBeNull();
  expect(callerOfToken("", tokens)).toBeNull();
  expect(callerOfToken("old", {})).toBeNull();
});
