import { keptEgress, openEgress } from "../../../lib/http/egress.ts";

describe("keptEgress", () => {
  it("returns the same connections for one allow list while they are in use", () => {
    const allow = ["127.0.0.1"];
    const { connections } = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 13_000).connections).toBe(connections);
    expect(keptEgress(allow, 16_000).connections).toBe(connections);
  });

  it("returns new connections after a pause, because the old ones may be closed", () => {
    const allow = ["127.0.0.1"];
    const { connections } = keptEgress(allow, 10_000);
    expect(keptEgress(allow, 15_000).connections).not.toBe(connections);
    expect(connections.https.maxFreeSockets).toBe(0);
  });

  it("returns different connections for two allow lists", () => {
    const open = keptEgress(["127.0.0.1"], 10_000);
    const closed = keptEgress([], 10_000);
    expect(open.connections.https).not.toBe(closed.connections.https);
    expect(open.allow.hasAddress("127.0.0.1", 1)).toBe(true);
    expect(closed.allow.hasAddress("127.0.0.1", 1)).toBe(false);
  });
});

it("openEgress opens new connections at every call", () =>
  expect(openEgress([]).connections.https).not.toBe(openEgress([]).connections.https));
