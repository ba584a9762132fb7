import { keptEgress, openEgress } from "../../../lib/http/egress.ts";

describe("a way out", () => {
  it("is kept for one allow list while it is in use", () => {
    const allow = ["127.0.0.1"];
    const first = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 13_000)).toBe(first);
    expect(keptEgress(allow, 16_000)).toBe(first);
  });

  it("is opened anew after a pause, in which its connections may have died", () => {
    const allow = ["127.0.0.1"];
    const first = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 15_000)).not.toBe(first);
    expect(first.connections.https.maxFreeSockets).toBe(0);
  });

  it("is never shared by two allow lists", () => {
    const open = keptEgress(["127.0.0.1"], 10_000);
    const closed = keptEgress([], 10_000);
    expect(open.connections.https).not.toBe(closed.connections.https);
    expect(open.allow.hasAddress("127.0.0.1", 1)).toBe(true);
    expect(closed.allow.hasAddress("127.0.0.1", 1)).toBe(false);
  });

  it("may be one's own", () =>
    expect(openEgress([]).connections.https).not.toBe(openEgress([]).connections.https));
});
