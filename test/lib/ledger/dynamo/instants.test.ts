import fc from "fast-check";
import { packInstants, unpackInstants } from "../../../../lib/ledger/dynamo/instants.ts";

const ascending = fc
  .array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { maxLength: 60 })
  .map((instants) => instants.sort((a, b) => a - b));

describe("packing instants", () => {
  it("loses nothing of ascending ones", () => {
    fc.assert(
      fc.property(ascending, (instants) => {
        expect(unpackInstants(packInstants(instants))).toEqual(instants);
      }),
    );
  });

  it("is nothing at all for none", () => {
    expect(packInstants([])).toBeNull();
    expect(unpackInstants(null)).toEqual([]);
  });

  it("packs sixty polls, half a minute apart, into less than 200 bytes", () => {
    const polls = Array.from({ length: 60 }, (_, i) => 1_800_000_000_000 + i * 30_000);
    expect(packInstants(polls)?.length).toBeLessThan(200);
  });

  it("takes a clock that went back for one that stood still", () => {
    expect(unpackInstants(packInstants([5000, 4000, 6000]))).toEqual([5000, 5000, 6000]);
  });
});
