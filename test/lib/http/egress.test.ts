import { egressOfAllowList, openEgress } from "../../../lib/http/egress.ts";

describe("egressOfAllowList", () => {
  it("returns the same connections for one allow list while they are in use", () => {
    const allow = ["127.0.0.1"];
    const egress = egressOfAllowList(allow, 10_000);
    expect(egressOfAllowList(allow, 13_000)).toBe(egress);
    expect(egressOfAllowList(allow, 16_000)).toBe(egress);
  });

  it("returns new connections after a pause, because servers may have closed the old connections", () => {
    const allow = ["127.0.0.1"];
    const egress = egressOfAllowList(allow, 10_000);
    expect(egressOfAllowList(allow, 15_000)).not.toBe(egress);
    expect(egress.https.maxFreeSockets).toBe(0);
  });

  it("returns different connections for different allow lists", () => {
    const open = egressOfAllowList(["127.0.0.1"], 10_000);
    const closed = egressOfAllowList([], 10_000);
    expect(open.https).not.toBe(closed.https);
    expect(open.allow.hasAddress("127.0.0.1", 1)).toBe(true);
    expect(closed.allow.hasAddress("127.0.0.1", 1)).toBe(false);
  });
});

it("openEgress opens new connections at every call", () =>
  expect(openEgress([]).https).not.toBe(openEgress([]).https));
