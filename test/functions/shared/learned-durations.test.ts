import { createCachedDurationsReaderOrEmpty } from "../../../functions/shared/learned-durations.ts";
import { captured } from "../../lib/runtime/captured.ts";

const COUNTS = [{ day: 1, bucket: 2, count: 3 }];

describe("learned durations", () => {
  it("are read once in five minutes per project and job type", async () => {
    let [now, reads] = [0, 0];
    const readDurationCounts = async () => {
      reads += 1;
      return COUNTS;
    };
    const durations = createCachedDurationsReaderOrEmpty(
      { readDurationCounts },
      () => now,
      () => {},
    );
    expect(await durations("prod", "CreateCluster")).toEqual(COUNTS);
    await durations("prod", "CreateCluster");
    expect(reads).toBe(1);
    await durations("prod", "DeleteNode");
    now = 300_000;
    await durations("prod", "CreateCluster");
    expect(reads).toBe(3);
  });

  it("are read with the name of the project and the type of the job, and not for an unknown type", async () => {
    const reads: string[][] = [];
    const durations = createCachedDurationsReaderOrEmpty(
      {
        readDurationCounts: async (...read) => {
          reads.push(read);
          return COUNTS;
        },
      },
      () => 0,
    );
    await durations("prod", "CreateCluster");
    expect(await durations("prod", null)).toEqual([]);
    expect(reads).toEqual([["prod", "CreateCluster"]]);
  });

  it("are logged as unread when the ledger fails", async () => {
    const readDurationCounts = () => Promise.reject(new Error("throttled"));
    const lines = await captured(() =>
      createCachedDurationsReaderOrEmpty({ readDurationCounts }, () => 0)("prod", "CreateCluster"),
    );
    expect(lines).toMatchObject([
      { level: "ERROR", message: "durations unread", error: { message: "throttled" } },
    ]);
  });

  it("are empty when the ledger fails, and the next call reads again", async () => {
    let fails = true;
    const errors: unknown[] = [];
    const readDurationCounts = async () => (fails ? Promise.reject(new Error("throttled")) : COUNTS);
    const durations = createCachedDurationsReaderOrEmpty(
      { readDurationCounts },
      () => 0,
      (error) => errors.push(error),
    );
    expect(await durations("prod", "CreateCluster")).toEqual([]);
    fails = false;
    expect(await durations("prod", "CreateCluster")).toEqual(COUNTS);
    expect(errors).toHaveLength(1);
  });
});
