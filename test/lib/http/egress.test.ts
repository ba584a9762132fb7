import { jest } from "@jest/globals";
import {
  createEgress,
  GuardedFetchError,
  getCachedEgress,
  guardedFetchOrThrow,
} from "../../../lib/http/egress.ts";
import { EgressRefusedError, isPublicUnicastAddress } from "../../../lib/http/egress-rules.ts";
import { controlTimeLimit } from "../../support/fake-timeouts.ts";
import fc from "../../support/properties.ts";
import { hangUp } from "./support/hang-up.ts";
import { type Answering, startReceiver } from "./support/receiver.ts";

describe("getCachedEgress", () => {
  it("returns the same connections for one allow list while they are in use", () => {
    const allow = ["127.0.0.1"];
    const egress = getCachedEgress(allow, 10_000);
    expect(getCachedEgress(allow, 13_000)).toBe(egress);
    expect(getCachedEgress(allow, 16_000)).toBe(egress);
  });

  it("returns new connections after a pause, because servers may have closed the old connections", () => {
    const allow = ["127.0.0.1"];
    const egress = getCachedEgress(allow, 10_000);
    expect(getCachedEgress(allow, 15_000)).not.toBe(egress);
    expect(egress.https.maxFreeSockets).toBe(0);
  });

  it("returns different connections for different allow lists", () => {
    const open = getCachedEgress(["127.0.0.1"], 10_000);
    const closed = getCachedEgress([], 10_000);
    expect(open.https).not.toBe(closed.https);
    expect(open.allow.hasAddress("127.0.0.1", 1)).toBe(true);
    expect(closed.allow.hasAddress("127.0.0.1", 1)).toBe(false);
  });
});

it("createEgress opens new connections at every call", () =>
  expect(createEgress([]).https).not.toBe(createEgress([]).https));

type Range = readonly [network: string, prefix: number];

/**
 * All ranges of IANA's IPv4 registry, except the two single addresses that are globally routable.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const SPECIAL_V4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * All ranges of IANA's IPv6 registry, and ranges that were withdrawn or never assigned.
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const SPECIAL_V6: readonly Range[] = [
  ["::", 8],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["100:0:0:1::", 64],
  ["2001::", 32],
  ["2001:1::1", 128],
  ["2001:2::", 48],
  ["2001:3::", 32],
  ["2001:4:112::", 48],
  ["2001:10::", 28],
  ["2001:20::", 28],
  ["2001:30::", 28],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3ffe::", 16],
  ["3fff::", 20],
  ["4000::", 3],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const within = (base: bigint, prefix: number, bits: number) =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bits - prefix)) - 1n }).map((offset) => base + offset);

const parseV4 = (text: string) => text.split(".").reduce((sum, octet) => (sum << 8n) + BigInt(octet), 0n);
const showV4 = (value: bigint) =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");

function parseV6(text: string): bigint {
  const [head = "", tail = ""] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const start = head.split(":").filter((group) => group !== "");
  const end = tail.split(":").filter((group) => group !== "");
  const groups = [...start, ...Array.from({ length: 8 - start.length - end.length }, () => "0"), ...end];
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
const showV6 = (value: bigint) =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(":");

describe("isPublicUnicastAddress", () => {
  it.each(SPECIAL_V4)("returns false for all of %s/%i", (network, prefix) => {
    const base = parseV4(network);
    const last = base + (1n << BigInt(32 - prefix)) - 1n;
    expect([base, last].map(showV4).filter(isPublicUnicastAddress)).toEqual([]);
    fc.assert(fc.property(within(base, prefix, 32), (value) => !isPublicUnicastAddress(showV4(value))));
  });

  it.each(SPECIAL_V6)("returns false for all of %s/%i", (network, prefix) => {
    const base = parseV6(network);
    const last = base + (1n << BigInt(128 - prefix)) - 1n;
    expect([base, last].map(showV6).filter(isPublicUnicastAddress)).toEqual([]);
    fc.assert(fc.property(within(base, prefix, 128), (value) => !isPublicUnicastAddress(showV6(value))));
  });

  it("returns false for every IPv4 address inside an IPv6 address, even for a public IPv4 address", () => {
    const wrappers = [
      (v4: bigint) => (0xffffn << 32n) + v4,
      (v4: bigint) => v4,
      (v4: bigint) => (0xffffn << 48n) + v4,
      (v4: bigint) => (0x64ff9bn << 96n) + v4,
      (v4: bigint) => (0x2002n << 112n) + (v4 << 80n),
      (v4: bigint) => (0x20010000n << 96n) + (v4 ^ 0xffffffffn),
    ];
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 0xffffffffn }),
        fc.constantFrom(...wrappers),
        (v4, wrap) => !isPublicUnicastAddress(showV6(wrap(v4))),
      ),
    );
  });

  it.each(["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1"])(
    "returns true for %s, next to a private range",
    (address) => expect(isPublicUnicastAddress(address)).toBe(true),
  );

  it.each([
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "223.255.255.255",
  ])("returns true for %s, next to another private range", (address) =>
    expect(isPublicUnicastAddress(address)).toBe(true),
  );

  it.each(["2001:4860:4860::8888", "2400:cb00::1", "2606:4700::1111", "2a00:1450:4001::200e", "2003::1"])(
    "returns true for global IPv6: %s",
    (address) => expect(isPublicUnicastAddress(address)).toBe(true),
  );

  it.each(["168.63.129.16", "169.254.169.254", "169.254.100.1", "100.100.100.200", "fd00:ec2::254"])(
    "returns false for a metadata address of a cloud: %s",
    (address) => expect(isPublicUnicastAddress(address)).toBe(false),
  );

  it.each(["", "localhost", "2606:4700::1111%eth0", "1.2.3", "0x7f.1", "[::1]", "8.8.8.8 "])(
    "returns false for text that is not an address: %j",
    (text) => expect(isPublicUnicastAddress(text)).toBe(false),
  );
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const opened of open.splice(0)) await opened.close();
});

async function fetchFrom(answer: Answering, options: { timeLimitMs?: number; maxBytes?: number } = {}) {
  const receiver = await startReceiver(answer);
  const egress = createEgress(["127.0.0.1"]);
  open.push(receiver, { close: () => hangUp(egress) });
  const document = guardedFetchOrThrow(`http://127.0.0.1:${receiver.port}/secret-path`, {
    egress,
    ...options,
  });
  return { document, receiver };
}

describe("guardedFetchOrThrow", () => {
  it("returns the status and the text of a document", async () => {
    const { document, receiver } = await fetchFrom((_, reply) => reply.end('{"keys":["é"]}'));
    expect(await document).toEqual({ status: 200, text: '{"keys":["é"]}' });
    expect(receiver.received[0]?.headers).toMatchObject({
      "accept-encoding": "identity",
      "user-agent": "cce-job-notifier/1",
    });
  });

  it.each([204, 302, 404, 500, 799])("returns the status %i", async (status) => {
    const { document } = await fetchFrom((_, reply) => reply.writeHead(status).end());
    expect((await document).status).toBe(status);
  });

  it("throws an error with the rule and without the address when an address must not be called", async () => {
    const egress = createEgress([]);
    open.push({ close: () => hangUp(egress) });
    await expect(guardedFetchOrThrow("https://127.0.0.1/secret-path", { egress })).rejects.toThrow(
      EgressRefusedError,
    );
    const refused = guardedFetchOrThrow("https://keys.internal/secret-path", { egress });
    await expect(refused).rejects.toThrow("egress_private_name");
    await expect(refused).rejects.not.toThrow(/internal|secret-path/);
  });

  it("has a time limit of five seconds for an answer, if the caller sets no limit", async () => {
    const passTimeLimit = controlTimeLimit(5000);
    const arrived = Promise.withResolvers<void>();
    const { document } = await fetchFrom(() => arrived.resolve());
    await arrived.promise;
    passTimeLimit();
    await expect(document).rejects.toMatchObject({ code: "DEADLINE_PASSED" });
  });

  it.each<[string, Answering, object, string]>([
    ["that is late", (_, reply) => reply.writeHead(200).write("{"), { timeLimitMs: 50 }, "DEADLINE_PASSED"],
    [
      "with an unknown compression",
      (_, reply) => reply.writeHead(200, { "content-encoding": "x" }).end("{"),
      {},
      "BODY_UNDECODABLE",
    ],
    ["that is too long", (_, reply) => reply.end("x".repeat(11)), { maxBytes: 10 }, "ANSWER_TOO_LONG"],
    ["of more than 256 KiB", (_, reply) => reply.end("x".repeat(262_145)), {}, "ANSWER_TOO_LONG"],
  ])("throws for an answer %s", async (_, answer, options, code) => {
    const { document } = await fetchFrom(answer, options);
    await expect(document).rejects.toEqual(
      expect.objectContaining({ name: "GuardedFetchError", code, message: expect.stringContaining(code) }),
    );
    await expect(document).rejects.toThrow(GuardedFetchError);
    await expect(document).rejects.not.toThrow(/127|secret-path/);
  });
});
