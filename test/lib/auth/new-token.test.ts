import { callerOfToken, readAuthorization } from "../../../lib/auth/bearer.ts";
import { newToken, TOKEN_BYTES } from "../../../lib/auth/new-token.ts";

test("a new token is let in by the entry made for it, with its scopes", () => {
  const { token, entry } = newToken(new Uint8Array(TOKEN_BYTES).fill(255), {
    projects: ["prod"],
    targets: ["*"],
  });
  expect(readAuthorization(`Bearer ${token}`)).toEqual({ kind: "bearer", token });
  expect(callerOfToken(token, { gitlab: entry })).toEqual({
    name: "token:gitlab",
    projects: ["prod"],
    targets: ["*"],
  });
  expect(JSON.stringify(entry)).not.toContain(token);
});
