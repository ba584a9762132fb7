import {
  createLinkKeyExpiringOnFullHour,
  createSignedJobListUrlOrNull,
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
  createStatusDocumentUrl,
  type LinkedPage,
  verifyLinkKey,
} from "../../../lib/auth/link-keys.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

const secret = new Secret("0123456789abcdef");
const options = {
  publicUrl: "https://n.example.com",
  linkKeys: [secret],
  linkDays: 1,
  linkVersions: { prod: 0, test: 0 },
};
const watch = { kind: "watch", project: "prod", jobId: "a" } as const;
const CALLER = "oidc:https://ci.example.com:repo:org/infra";
const NOW = Date.parse("2026-11-23T09:10:00Z");
const HOUR_MS = 3_600_000;
const NEXT_HOUR = Date.parse("2026-11-23T10:00:00Z");

const keyFor = (page: LinkedPage, caller: string, expiresAt: number, links = options) =>
  createLinkKeyExpiringOnFullHour(links, page, caller, expiresAt) ?? "";

test("a link key opens its page until the next full hour after its expiry", () => {
  const key = keyFor(watch, CALLER, NOW);
  expect(verifyLinkKey(options, watch, key, NEXT_HOUR - 1)?.expiresAt).toBe(NEXT_HOUR);
  expect(verifyLinkKey(options, watch, key, NEXT_HOUR)).toBeNull();
});

test("a link key opens the watch of one caller, and does not contain the name of the caller", () => {
  const key = keyFor(watch, CALLER, NOW);
  const read = verifyLinkKey(options, watch, key, NOW);
  expect([CALLER, "token:other", ""].map((caller) => read?.opens(caller))).toEqual([true, false, false]);
  const decoded = key.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
  expect(`${key} ${decoded.join()}`).not.toMatch(/oidc|infra/);
  const other = keyFor(watch, "token:other", NOW).split(".");
  const mixed = [other[0], other[1], key.split(".")[2]].join(".");
  expect(verifyLinkKey(options, watch, mixed, NOW)).toBeNull();
});

test.each([
  ["another job", { ...watch, jobId: "b" }],
  ["another project", { ...watch, project: "test" }],
  ["the list page of its project", { kind: "project", project: "prod" } as const],
])("a link key of a watch does not open %s", (_, other) => {
  expect(verifyLinkKey(options, other, keyFor(watch, CALLER, NOW), NOW)).toBeNull();
});

test("a link key does not open its page after the secret was replaced", () => {
  expect(
    verifyLinkKey({ ...options, linkKeys: [new Secret("another")] }, watch, keyFor(watch, CALLER, NOW), NOW),
  ).toBeNull();
});

test("a link key with a changed expiry opens nothing", () => {
  const [, ...rest] = keyFor(watch, CALLER, NOW).split(".");
  const changed = [(NOW + 10 * HOUR_MS).toString(36), ...rest].join(".");
  expect(verifyLinkKey(options, watch, changed, NOW)).toBeNull();
});

test.each([
  ["before the expiry", "-", ""],
  ["after the hash", "", "x"],
  ["in a further part", "", ".x"],
  ["in a line break", "", "\n"],
])("a link key with additional text %s opens nothing", (_, before, after) => {
  expect(verifyLinkKey(options, watch, `${before}${keyFor(watch, CALLER, NOW)}${after}`, NOW)).toBeNull();
});

test("reads any text as a link key without an exception", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter }),
      (text) => verifyLinkKey(options, watch, text, NOW) === null,
    ),
  );
});

test("link keys of the same hour are equal, so a repeated request gets the same answer", () => {
  expect(keyFor(watch, CALLER, NOW)).toBe(keyFor(watch, CALLER, NOW + HOUR_MS / 2));
});

test("the first key signs, and each of two keys opens pages", () => {
  const newer = { ...options, linkKeys: [new Secret("fedcba9876543210"), secret] };
  expect(verifyLinkKey(newer, watch, keyFor(watch, CALLER, NOW), NOW)?.opens(CALLER)).toBe(true);
  const key = keyFor(watch, CALLER, NOW, newer);
  expect(verifyLinkKey(options, watch, key, NOW)).toBeNull();
  expect(verifyLinkKey(newer, watch, key, NOW)?.opens(CALLER)).toBe(true);
});

test("a link key that expires later than linkDays allows opens nothing", () => {
  const latest = NOW + 24 * HOUR_MS;
  expect(verifyLinkKey(options, watch, keyFor(watch, CALLER, latest), NOW)).not.toBeNull();
  expect(verifyLinkKey(options, watch, keyFor(watch, CALLER, latest + HOUR_MS), NOW)).toBeNull();
});

test("a link key may expire one hour later than linkDays, because the service rounds the expiry up to a full hour", () => {
  const now = NEXT_HOUR;
  const latest = now + 25 * HOUR_MS;
  expect(verifyLinkKey(options, watch, keyFor(watch, CALLER, latest), now)?.expiresAt).toBe(latest);
  expect(verifyLinkKey(options, watch, keyFor(watch, CALLER, latest + 1), now)).toBeNull();
});

test("a new linkVersion revokes the links of one project", () => {
  const revoked = { ...options, linkVersions: { prod: 1, test: 0 } };
  for (const [project, opens] of [
    ["prod", false],
    ["test", true],
  ] as const)
    for (const page of [
      { ...watch, project },
      { kind: "project", project },
    ] as const)
      expect(verifyLinkKey(revoked, page, keyFor(page, CALLER, NOW), NOW) !== null).toBe(opens);
});

test("a project without a linkVersion has no links, so revoked links stay invalid after the removal of the project", () => {
  const removed = { ...options, linkVersions: { test: 0 } };
  for (const page of [watch, { kind: "project", project: watch.project }] as const) {
    expect(verifyLinkKey(removed, page, keyFor(page, CALLER, NOW), NOW)).toBeNull();
    expect(createLinkKeyExpiringOnFullHour(removed, page, CALLER, NOW)).toBeNull();
  }
});

describe("the URLs of a watch", () => {
  const key = { project: "prod", jobId: "a:b", caller: CALLER };
  const keyOf = (url: string | null) => new URL(url ?? "").searchParams.get("key") ?? "";

  test("have an encoded job ID", () => {
    expect(createStatusDocumentUrl(options.publicUrl, key)).toBe("https://n.example.com/v1/jobs/prod/a%3Ab");
    expect(createSignedJobPageUrlOrNull(options, key, NOW)).toContain(
      "https://n.example.com/jobs/prod/a%3Ab?key=",
    );
  });

  test("have keys that expire after the configured days", () => {
    const expiresAt = NEXT_HOUR + 24 * HOUR_MS;
    const read = verifyLinkKey(
      options,
      { kind: "watch", ...key },
      keyOf(createSignedJobPageUrlOrNull(options, key, NOW)),
      NOW,
    );
    expect(read?.expiresAt).toBe(expiresAt);
    const list = { kind: "project", project: "prod" } as const;
    expect(
      verifyLinkKey(options, list, keyOf(createSignedJobListUrlOrNull(options, "prod", NOW)), NOW)?.expiresAt,
    ).toBe(expiresAt);
  });

  test("have keys that expire with the link that opened the page", () => {
    const url = createSignedJobPageUrlOrNull({ ...options, expiresAt: NEXT_HOUR }, key, NOW);
    expect(verifyLinkKey(options, { kind: "watch", ...key }, keyOf(url), NOW)?.expiresAt).toBe(NEXT_HOUR);
  });

  test("never change their format, because old messages in chats contain them", () => {
    expect(createSignedJobPageUrlOrNull(options, key, NOW)).toBe(
      "https://n.example.com/jobs/prod/a%3Ab?key=mwuiwxs0.1aY6UioickKb.BP05tO9OMEePWdQ-laoldrkXQRZGy7Lw",
    );
    expect(createSignedJobListUrlOrNull(options, "prod", NOW)).toBe(
      "https://n.example.com/jobs?project=prod&key=mwuiwxs0.vasIkkSzXIR2.s0ZX9nTQ4rf8jbpze2h0B4S9He1z8y41",
    );
  });

  test("are null for pages when no link key is configured", () => {
    expect(createSignedJobPageUrlOrNull({ ...options, linkKeys: [] }, key, NOW)).toBeNull();
    expect(createSignedJobListUrlOrNull({ ...options, linkKeys: [] }, "prod", NOW)).toBeNull();
  });
});

describe("the options of links", () => {
  const LINK_KEY = "9f2c61e07ab84d35c1f09e6a2b7d4853";
  const project = {
    projectId: "0bcc",
    region: "eu-de",
    endpoint: "https://cce.example.com",
    auth: { kind: "aksk", accessKey: "a", secretKey: "s" },
  };
  const optionsFor = (publicUrl: string | undefined, defaultUrl: string) => {
    const parsed = parseWholeConfig({
      projects: { prod: { ...project, linkVersion: 3 }, test: project },
      settings: { publicUrl, linkKeys: [LINK_KEY], linkDays: 7 },
    });
    if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
    return createSignedPageLinkOptions(parsed.config, defaultUrl);
  };

  test("are the keys, the days and the linkVersion of each project", () => {
    const { linkKeys, ...others } = optionsFor("https://n.example.com", "https://api.example.com");
    expect(linkKeys.map((one) => one.reveal())).toEqual([LINK_KEY]);
    expect(others).toEqual({
      publicUrl: "https://n.example.com",
      linkDays: 7,
      linkVersions: { prod: 3, test: 0 },
    });
  });

  test.each([
    ["the public URL", "https://n.example.com", "https://api.example.com", "https://n.example.com"],
    ["the URL of the API", undefined, "https://api.example.com", "https://api.example.com"],
    [
      "the URL of the API without its last slash",
      undefined,
      "https://a.example/dev/",
      "https://a.example/dev",
    ],
  ])("start with %s", (_, publicUrl, defaultUrl, expected) => {
    expect(optionsFor(publicUrl, defaultUrl).publicUrl).toBe(expected);
  });
});
