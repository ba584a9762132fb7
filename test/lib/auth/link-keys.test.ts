import fc from "fast-check";
import { checkLinkKey, linkKey, listUrl, pageUrl, statusUrl } from "../../../lib/auth/link-keys.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const secret = new Secret("0123456789abcdef");
const watch = { kind: "watch", project: "prod", jobId: "a" } as const;
const NOW = Date.parse("2026-11-23T09:10:00Z");
const HOUR = 3_600_000;

test("a key opens what it was made for until its hour is over", () => {
  const key = linkKey(secret, watch, NOW);
  expect(checkLinkKey(secret, watch, key, NOW)).toBe("valid");
  expect(checkLinkKey(secret, watch, key, NOW + HOUR)).toBe("expired");
});

test("it opens nothing else", () => {
  const key = linkKey(secret, watch, NOW);
  const others = [
    { ...watch, jobId: "b" },
    { ...watch, project: "test" },
    { kind: "project", project: "prod" } as const,
  ];
  for (const other of others) expect(checkLinkKey(secret, other, key, NOW)).toBe("invalid");
  expect(checkLinkKey(new Secret("another secret"), watch, key, NOW)).toBe("invalid");
});

test("its expiry cannot be moved, and no text makes the check fail", () => {
  const [, mac] = linkKey(secret, watch, NOW).split(".");
  expect(checkLinkKey(secret, watch, `${(NOW + 10 * HOUR).toString(36)}.${mac}`, NOW)).toBe("invalid");
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      (text) => checkLinkKey(secret, watch, text, NOW) === "invalid",
    ),
  );
});

test("links made within the hour are the same, so that asking again answers the same", () => {
  expect(linkKey(secret, watch, NOW)).toBe(linkKey(secret, watch, NOW + HOUR / 2));
});

test("addresses are encoded, and there is none to a page without a secret", () => {
  const maker = { publicUrl: "https://n.example.com", linkKey: secret, linkDays: 1 };
  const key = { project: "prod", jobId: "a:b" };
  expect(statusUrl(maker.publicUrl, key)).toBe("https://n.example.com/v1/jobs/prod/a%3Ab");
  const given = new URL(pageUrl(maker, key, NOW) ?? "").searchParams.get("key") ?? "";
  expect(checkLinkKey(secret, { kind: "watch", ...key }, given, NOW)).toBe("valid");
  const list = new URL(listUrl(maker, "prod", NOW) ?? "").searchParams.get("key") ?? "";
  expect(checkLinkKey(secret, { kind: "project", project: "prod" }, list, NOW)).toBe("valid");
  expect(pageUrl({ ...maker, linkKey: undefined }, key, NOW)).toBeNull();
  expect(listUrl({ ...maker, linkKey: undefined }, "prod", NOW)).toBeNull();
});
