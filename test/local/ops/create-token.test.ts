import { findTokenCaller, parseAuthorization } from "../../../lib/auth/caller.ts";
import { createToken, TOKEN_BYTES } from "../../../local/ops/create-token.ts";

test("the API accepts a created token if the config contains the created entry", () => {
  const scopes = { projects: ["prod"], targets: ["*"] };
  const { token, entry } = createToken(new Uint8Array(TOKEN_BYTES).fill(255), scopes);
  expect(parseAuthorization(`Bearer ${token}`)).toEqual({ kind: "bearer", token });
  expect(findTokenCaller(token, { gitlab: entry })).toEqual({ name: "token:gitlab", ...scopes });
  expect(JSON.stringify(entry)).not.toContain(token);
});
