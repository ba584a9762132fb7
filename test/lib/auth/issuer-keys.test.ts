import {
  createIssuerKeysCacheKeepingLastValid,
  DiscoveryError,
  fetchIssuerKeysOrThrow,
  KeysOriginError,
} from "../../../lib/auth/issuer-keys.ts";

const ISSUER = "https://issuer.example.com";
const DISCOVERY_URL = `${ISSUER}/.well-known/openid-configuration`;
const KEYS_URL = `${ISSUER}/keys`;
const T0 = 1_800_000_000_000;

const keySet = (kid: string) => JSON.stringify({ keys: [{ kty: "RSA", kid }] });

/** A cache of keys with a clock, an issuer whose answers a test chooses, and waits that a test ends. */
function setUp() {
  const texts: Record<string, string | Error> = {
    [DISCOVERY_URL]: JSON.stringify({ issuer: ISSUER, jwks_uri: KEYS_URL }),
    [KEYS_URL]: keySet("one"),
  };
  const state = { now: T0, reads: [] as string[], waits: [] as number[], endWait: () => {}, isSlow: false };
  let answer = () => {};
  const cache = createIssuerKeysCacheKeepingLastValid(
    async (url) => {
      state.reads.push(url);
      if (state.isSlow) await new Promise<void>((resolve) => (answer = resolve));
      const text = texts[url] ?? new Error(`unknown ${url}`);
      if (text instanceof Error) throw text;
      return text;
    },
    () => state.now,
    (ms) => {
      state.waits.push(ms);
      return new Promise((resolve) => (state.endWait = resolve));
    },
  );
  const read = async (refresh = false, keysUrl: string | null = KEYS_URL, issuer = ISSUER) =>
    (await cache.read(issuer, keysUrl ?? undefined, refresh)).keys.map(({ kid }) => kid);
  return { texts, state, read, answer: () => answer() };
}

describe("the keys of an issuer", () => {
  it("come from the URL in the discovery document, or from the URL in the config without a discovery", async () => {
    const { state, read } = setUp();
    expect(await read(false, null)).toEqual(["one"]);
    expect(state.reads).toEqual([DISCOVERY_URL, KEYS_URL]);
    expect(await read()).toEqual(["one"]);
    expect(state.reads).toEqual([DISCOVERY_URL, KEYS_URL, KEYS_URL]);
    await read(false, null);
    await read();
    expect(state.reads).toHaveLength(3);
  });

  it("are kept for each issuer", async () => {
    const { texts, read } = setUp();
    texts["https://other.example/keys"] = keySet("other");
    expect(await read()).toEqual(["one"]);
    expect(await read(false, "https://other.example/keys", "https://other.example")).toEqual(["other"]);
    expect(await read()).toEqual(["one"]);
  });

  it("are kept for each URL in the config", async () => {
    const { texts, state, read } = setUp();
    texts[`${KEYS_URL}/2`] = keySet("two");
    expect([await read(), await read(false, `${KEYS_URL}/2`)]).toEqual([["one"], ["two"]]);
    expect([await read(), await read(false, `${KEYS_URL}/2`)]).toEqual([["one"], ["two"]]);
    expect(state.reads).toHaveLength(2);
  });

  it("are read again from an age of an hour", async () => {
    const { texts, state, read } = setUp();
    await read();
    texts[KEYS_URL] = keySet("two");
    state.now += 3_599_999;
    expect(await read()).toEqual(["one"]);
    state.now += 1;
    expect(await read()).toEqual(["two"]);
    expect([state.reads.length, state.waits]).toEqual([2, [500]]);
    state.now += 3_599_999;
    await read();
    expect(state.reads).toHaveLength(2);
  });

  it("that are old stay in use if the issuer does not answer in half a second, and other calls do not wait", async () => {
    const { state, read } = setUp();
    await read();
    state.now += 3_600_000;
    state.isSlow = true;
    const first = read();
    expect(await read()).toEqual(["one"]);
    expect(state.waits).toEqual([500]);
    state.endWait();
    expect(await first).toEqual(["one"]);
    expect(state.reads).toHaveLength(2);
  });

  it("that are old stay in use for less than a day after failed reads, with 30 seconds between two reads", async () => {
    const { texts, state, read } = setUp();
    await read();
    texts[KEYS_URL] = new Error("down");
    state.now += 3_600_000;
    expect(await read()).toEqual(["one"]);
    state.now += 29_999;
    expect(await read()).toEqual(["one"]);
    expect(state.reads).toHaveLength(2);
    state.now += 1;
    expect(await read()).toEqual(["one"]);
    expect(state.reads).toHaveLength(3);
    state.now = T0 + 86_399_999;
    expect(await read()).toEqual(["one"]);
    state.now += 30_000;
    await expect(read()).rejects.toThrow("down");
    expect(state.reads).toHaveLength(5);
  });

  it("that are a day old are not used", async () => {
    const { texts, state, read } = setUp();
    await read();
    texts[KEYS_URL] = new Error("down");
    state.now += 86_400_000;
    await expect(read()).rejects.toThrow("down");
  });

  it("are read again 5 seconds after a failed first read, and each earlier call has the same error", async () => {
    const { texts, state, read } = setUp();
    texts[KEYS_URL] = new Error("down");
    await expect(read()).rejects.toThrow("down");
    texts[KEYS_URL] = keySet("one");
    state.now += 4999;
    await expect(read()).rejects.toThrow("down");
    await expect(read(true)).rejects.toThrow("down");
    expect(state.reads).toHaveLength(1);
    state.now += 1;
    expect(await read()).toEqual(["one"]);
  });

  it("are read again for an unknown key, but not within 30 seconds after a read", async () => {
    const { texts, state, read } = setUp();
    await read();
    texts[KEYS_URL] = keySet("two");
    state.now += 29_999;
    expect(await read(true)).toEqual(["one"]);
    expect(state.reads).toHaveLength(1);
    state.now += 1;
    expect(await read(true)).toEqual(["two"]);
    expect(state.reads).toHaveLength(2);
  });

  it("cannot be read for an unknown key for 30 seconds after a failed read, and stay in use for known keys", async () => {
    const { texts, state, read } = setUp();
    await read();
    state.now += 30_000;
    texts[KEYS_URL] = new Error("down");
    await expect(read(true)).rejects.toThrow("down");
    texts[KEYS_URL] = keySet("two");
    await expect(read(true)).rejects.toThrow("down");
    expect(await read()).toEqual(["one"]);
    expect(state.reads).toHaveLength(2);
    state.now += 30_000;
    expect(await read(true)).toEqual(["two"]);
    expect(await read(true)).toEqual(["two"]);
  });

  it("are read once for calls at the same time", async () => {
    const { state, read, answer } = setUp();
    state.isSlow = true;
    const reads = [read(), read(true), read()];
    answer();
    expect(await Promise.all(reads)).toEqual([["one"], ["one"], ["one"]]);
    expect(state.reads).toHaveLength(1);
    state.now += 30_000;
    const again = [read(true), read(true)];
    expect(await read()).toEqual(["one"]);
    answer();
    await Promise.all(again);
    expect(state.reads).toHaveLength(2);
  });

  it("are read again after the clock was set back, because their age is unknown", async () => {
    const { texts, state, read } = setUp();
    await read();
    texts[KEYS_URL] = keySet("two");
    state.now -= 1;
    expect(await read()).toEqual(["two"]);
    expect(await read()).toEqual(["two"]);
    expect(state.reads).toHaveLength(2);
  });
});

describe("fetchIssuerKeysOrThrow", () => {
  const fetchFrom = (discovery: object, issuer = ISSUER, keys: unknown = []) => {
    const reads: string[] = [];
    const fetchText = async (url: string) => {
      reads.push(url);
      return JSON.stringify(url.endsWith("openid-configuration") ? discovery : { keys });
    };
    return { reads, result: fetchIssuerKeysOrThrow(issuer, undefined, fetchText) };
  };

  it("finds the discovery document of an issuer with a slash at the end", async () => {
    const issuer = `${ISSUER}/tenant/`;
    const { reads, result } = fetchFrom({ issuer, jwks_uri: KEYS_URL }, issuer);
    await result;
    expect(reads).toEqual([`${ISSUER}/tenant/.well-known/openid-configuration`, KEYS_URL]);
  });

  it.each([
    [{ issuer: ISSUER }, "the OpenID discovery document has no issuer or no valid jwks_uri"],
    [
      { issuer: ISSUER, jwks_uri: "/keys" },
      "the OpenID discovery document has no issuer or no valid jwks_uri",
    ],
    [{ jwks_uri: KEYS_URL }, "the OpenID discovery document has no issuer or no valid jwks_uri"],
    [
      { issuer: `${ISSUER}/`, jwks_uri: KEYS_URL },
      `the OpenID discovery document contains another issuer: ${ISSUER}/`,
    ],
  ])("refuses the discovery document %j", async (discovery, message) => {
    const error: unknown = await fetchFrom(discovery).result.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DiscoveryError);
    expect(String(error)).toBe(`DiscoveryError: ${message}`);
  });

  it.each(["https://keys.example.com/keys", `${ISSUER}:444/keys`, "http://issuer.example.com/keys"])(
    "refuses keys at another origin: %s",
    async (keysUrl) => {
      const { reads, result } = fetchFrom({ issuer: ISSUER, jwks_uri: keysUrl });
      const error: unknown = await result.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(KeysOriginError);
      expect(error).toMatchObject({ keysUrl });
      expect(String(error)).toBe(`KeysOriginError: the issuer names its keys at another origin: ${keysUrl}`);
      expect(reads).toEqual([DISCOVERY_URL]);
    },
  );

  it("omits values that are no keys, and optional fields of another type", async () => {
    const keys = [
      null,
      "key",
      { kid: "no type" },
      { kty: 7 },
      { kty: "RSA", kid: 7, alg: "", use: null, key_ops: "sign", n: "modulus", x5c: [7], ext: true },
      { kty: "EC", kid: "one", alg: "ES256", use: "sig", key_ops: ["verify"] },
    ];
    const { result } = fetchFrom({ issuer: ISSUER, jwks_uri: KEYS_URL }, ISSUER, keys);
    expect(await result).toStrictEqual({
      keys: [
        { kty: "RSA", kid: "7", n: "modulus" },
        { kty: "EC", kid: "one", alg: "ES256", use: "sig", key_ops: ["verify"] },
      ],
    });
  });

  it("refuses a set of keys without an array of keys", async () => {
    await expect(fetchFrom({ issuer: ISSUER, jwks_uri: KEYS_URL }, ISSUER, "none").result).rejects.toThrow();
  });
});
