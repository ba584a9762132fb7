import { decodeInstants, encodeLatestInstants } from "../../../../lib/ledger/dynamo/encoded-instants.ts";
import fc from "../../../support/properties.ts";

const instants = fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { maxLength: 60 });

describe("encoded instants", () => {
  it("keep every instant, even after the clock was set back", () => {
    fc.assert(
      fc.property(instants, (times) => {
        expect(decodeInstants(encodeLatestInstants(times))).toEqual(times);
      }),
    );
  });

  it("keep the latest 60 instants", () => {
    const times = Array.from({ length: 61 }, (_, i) => 1_800_000_000_000 + i);
    expect(decodeInstants(encodeLatestInstants(times))).toEqual(times.slice(1));
  });

  it("are null for an empty list of instants", () => {
    expect(encodeLatestInstants([])).toBeNull();
    expect(decodeInstants(null)).toEqual([]);
  });

  it("take less than 190 bytes for 60 polls that are half a minute apart", () => {
    const polls = Array.from({ length: 60 }, (_, i) => 1_800_000_000_000 + i * 30_000 + ((i * 7919) % 1000));
    expect(encodeLatestInstants(polls)?.length).toBeLessThan(190);
  });
});
