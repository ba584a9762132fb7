import { ConcurrencyPool } from "../../../local/lambda/concurrency-pool.ts";

const poll = { name: "poll", reservedConcurrency: null };
const api = { name: "api", reservedConcurrency: null };
const notify = { name: "notify", reservedConcurrency: 2 };

describe("ConcurrencyPool", () => {
  it("lets functions without reserved concurrency starve each other", () => {
    const pool = new ConcurrencyPool(2, [poll, api]);
    const releases = [pool.tryAcquire(api), pool.tryAcquire(api)];
    expect(pool.tryAcquire(poll)).toBeNull();
    releases[0]?.();
    expect(pool.tryAcquire(poll)).not.toBeNull();
    expect(pool.tryAcquire(api)).toBeNull();
  });

  it("subtracts reserved concurrency from the account's quota, and limits the function to its reservation", () => {
    const pool = new ConcurrencyPool(3, [poll, api, notify]);
    expect(pool.tryAcquire(poll)).not.toBeNull();
    expect(pool.tryAcquire(api)).toBeNull();
    expect(pool.tryAcquire(notify)).not.toBeNull();
    const release = pool.tryAcquire(notify);
    expect(pool.tryAcquire(notify)).toBeNull();
    release?.();
    expect(pool.tryAcquire(notify)).not.toBeNull();
  });
});
