import { findTokenCaller, parseAuthorization } from "../../../lib/auth/caller-rights.ts";
import type { Rights } from "../../../lib/config/config.ts";
import { createToken, TOKEN_BYTES } from "../../../local/ops/create-token.ts";

test("the API accepts a created token if the config contains the created entry", () => {
  const rights: Rights = { projects: ["prod"], targets: ["*"], operations: ["watch"] };
  const { token, entry } = createToken(new Uint8Array(TOKEN_BYTES).fill(255), rights);
  expect(parseAuthorization(`Bearer ${token}`)).toEqual({ kind: "bearer", token });
  expect(findTokenCaller(token, { gitlab: entry })).toEqual({ name: "token:gitlab", rights: [rights] });
  expect(JSON.stringify(entry)).not.toContain(token);
});
