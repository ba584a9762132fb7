import { keptEgress, openEgress } from "../../../lib/http/egress.ts";

describe("keptEgress", () => {
  it("returns the same connections for one allow list while they are in use", () => {
    const allow = ["127.0.0.1"];
    const egress = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 13_000)).toBe(egress);
    expect(keptEgress(allow, 16_000)).toBe(egress);
  });

  it("returns new connections after a pause, because the old ones may be closed", () => {
    const allow = ["127.0.0.1"];
    const egress = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 15_000)).not.toBe(egress);
    expect(egress.https.maxFreeSockets).toBe(0);
  });

  it("returns different connections for two allow lists", () => {
    const open = keptEgress(["127.0.0.1"], 10_000);
    const closed = keptEgress([], 10_000);
    expect(open.https).not.toBe(closed.https);
    expect(open.allow.hasAddress("127.0.0.1", 1)).toBe(true);
    expect(closed.allow.hasAddress("127.0.0.1", 1)).toBe(false);
  });
});

it("openEgress opens new connections at every call", () =>
  expect(openEgress([]).https).not.toBe(openEgress([]).https));
