import fc from "fast-check";
import { createLinkKey, listPageUrl, pageUrl, readLinkKey, statusUrl } from "../../../lib/auth/link-keys.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const secret = new Secret("0123456789abcdef");
const watch = { kind: "watch", project: "prod", jobId: "a" } as const;
const CALLER = "oidc:https://ci.example.com:repo:org/infra";
const NOW = Date.parse("2026-11-23T09:10:00Z");
const HOUR_MS = 3_600_000;
const NEXT_HOUR = Date.parse("2026-11-23T10:00:00Z");

test("a link key opens its page until the next full hour after its expiry", () => {
  const key = createLinkKey(secret, watch, CALLER, NOW);
  expect(readLinkKey(secret, watch, key, NEXT_HOUR - 1)?.expiresAt).toBe(NEXT_HOUR);
  expect(readLinkKey(secret, watch, key, NEXT_HOUR)).toBeNull();
});

test("a link key opens the watch of one caller, and does not contain the name of the caller", () => {
  const key = createLinkKey(secret, watch, CALLER, NOW);
  const read = readLinkKey(secret, watch, key, NOW);
  expect([CALLER, "token:other", ""].map((caller) => read?.opens(caller))).toEqual([true, false, false]);
  const decoded = key.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
  expect(`${key} ${decoded.join()}`).not.toMatch(/oidc|infra/);
  const other = createLinkKey(secret, watch, "token:other", NOW).split(".");
  const mixed = [other[0], other[1], key.split(".")[2]].join(".");
  expect(readLinkKey(secret, watch, mixed, NOW)).toBeNull();
});

test.each([
  ["another job", { ...watch, jobId: "b" }],
  ["another project", { ...watch, project: "test" }],
  ["the list page of its project", { kind: "project", project: "prod" } as const],
])("a link key of a watch does not open %s", (_, other) => {
  expect(readLinkKey(secret, other, createLinkKey(secret, watch, CALLER, NOW), NOW)).toBeNull();
});

test("a link key does not open its page after the secret was replaced", () => {
  expect(
    readLinkKey(new Secret("another"), watch, createLinkKey(secret, watch, CALLER, NOW), NOW),
  ).toBeNull();
});

test("a link key with a changed expiry opens nothing", () => {
  const [, ...rest] = createLinkKey(secret, watch, CALLER, NOW).split(".");
  const changed = [(NOW + 10 * HOUR_MS).toString(36), ...rest].join(".");
  expect(readLinkKey(secret, watch, changed, NOW)).toBeNull();
});

test("reads any text as a link key without an exception", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => readLinkKey(secret, watch, text, NOW) === null),
  );
});

test("link keys of the same hour are equal, so a repeated request gets the same answer", () => {
  expect(createLinkKey(secret, watch, CALLER, NOW)).toBe(
    createLinkKey(secret, watch, CALLER, NOW + HOUR_MS / 2),
  );
});

describe("the URLs of a watch", () => {
  const options = { publicUrl: "https://n.example.com", linkKey: secret, linkDays: 1 };
  const key = { project: "prod", jobId: "a:b", caller: CALLER };
  const keyOf = (url: string | null) => new URL(url ?? "").searchParams.get("key") ?? "";

  test("have an encoded job ID", () => {
    expect(statusUrl(options.publicUrl, key)).toBe("https://n.example.com/v1/jobs/prod/a%3Ab");
    expect(pageUrl(options, key, NOW)).toContain("https://n.example.com/jobs/prod/a%3Ab?key=");
  });

  test("have keys that expire after the configured days", () => {
    const expiresAt = NEXT_HOUR + 24 * HOUR_MS;
    const read = readLinkKey(secret, { kind: "watch", ...key }, keyOf(pageUrl(options, key, NOW)), NOW);
    expect(read?.expiresAt).toBe(expiresAt);
    const list = { kind: "project", project: "prod" } as const;
    expect(readLinkKey(secret, list, keyOf(listPageUrl(options, "prod", NOW)), NOW)?.expiresAt).toBe(
      expiresAt,
    );
  });

  test("have keys that expire with the link that opened the page", () => {
    const url = pageUrl({ ...options, expiresAt: NEXT_HOUR }, key, NOW);
    expect(readLinkKey(secret, { kind: "watch", ...key }, keyOf(url), NOW)?.expiresAt).toBe(NEXT_HOUR);
  });

  test("are null for pages when no link key is configured", () => {
    expect(pageUrl({ ...options, linkKey: undefined }, key, NOW)).toBeNull();
    expect(listPageUrl({ ...options, linkKey: undefined }, "prod", NOW)).toBeNull();
  });
});
