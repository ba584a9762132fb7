import type { Granted } from "../../../lib/cce/iam.ts";
import { keepToken } from "../../../lib/cce/token.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const T0 = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

function keeper(grantOf: (fetches: number, now: number) => Granted = token) {
  const clock = { at: T0 };
  const told = { fetches: 0 };
  const tokens = keepToken(
    async () => {
      told.fetches += 1;
      await Promise.resolve();
      return grantOf(told.fetches, clock.at);
    },
    () => clock.at,
  );
  return { clock, told, tokens };
}

function token(fetches: number, now: number): Granted {
  return { kind: "token", token: new Secret(`token${fetches}`), expiresAt: now + DAY_MS };
}

const refusal = (kind: "unauthorized" | "unavailable"): Granted => ({
  kind: "none",
  observation: { kind, text: "no" },
});
const tokenOf = (granted: Granted) =>
  granted.kind === "token" ? granted.token.reveal() : granted.observation.kind;

describe("a kept token", () => {
  it("is fetched once, however many wait for it", async () => {
    const { told, tokens } = keeper();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get()));
    expect([new Set(all.map(tokenOf)), told.fetches]).toEqual([new Set(["token1"]), 1]);
  });

  it("is kept until ten minutes before its end, and renewed then", async () => {
    const { clock, told, tokens } = keeper();
    await tokens.get();
    clock.at = T0 + DAY_MS - 600_001;
    expect([tokenOf(await tokens.get()), told.fetches]).toEqual(["token1", 1]);
    clock.at += 1;
    expect([tokenOf(await tokens.get()), told.fetches]).toEqual(["token2", 2]);
  });

  it("is renewed once for all that saw it refused", async () => {
    const { told, tokens } = keeper();
    const first = await tokens.get();
    if (first.kind !== "token") throw new Error(first.kind);
    const renewed = await Promise.all(Array.from({ length: 5 }, () => tokens.renew(first.token)));
    expect(renewed.map(tokenOf)).toEqual(Array(5).fill("token2"));
    expect(tokenOf(await tokens.renew(first.token))).toBe("token2");
    expect(told.fetches).toBe(2);
  });

  it("is asked for again after a fault of IAM at once, and after a refusal half a minute later", async () => {
    const failing = keeper((fetches, now) => (fetches === 1 ? refusal("unavailable") : token(fetches, now)));
    expect([tokenOf(await failing.tokens.get()), tokenOf(await failing.tokens.get())]).toEqual([
      "unavailable",
      "token2",
    ]);
    const { clock, told, tokens } = keeper(() => refusal("unauthorized"));
    for (const after of [0, 1, 29_998]) {
      clock.at += after;
      expect([tokenOf(await tokens.get()), told.fetches]).toEqual(["unauthorized", 1]);
    }
    clock.at += 1;
    expect([tokenOf(await tokens.get()), told.fetches]).toEqual(["unauthorized", 2]);
  });
});
