import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Runs the structure check of `npm test` over a small service that breaks its rules. */
function violations(): string[] {
  const command = resolve("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const { stdout } = spawnSync(
    process.execPath,
    [command, "lib", "functions", "--config", resolve(".dependency-cruiser.cjs"), "--output-type", "err"],
    { cwd: resolve("test/fixtures/rooms"), encoding: "utf8" },
  );
  return stdout
    .split("\n")
    .filter((line) => line.includes("error "))
    .map((line) => line.trim());
}

test("the structure check sees every kind of forbidden import, of types too", () => {
  const found = violations();
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringContaining("room-poll-stands-alone: lib/poll/decide.ts → lib/deliver/deliver.ts"),
      expect.stringContaining("nothing-imports-upward: lib/poll/decide.ts → functions/poll.ts"),
      expect.stringContaining("ground-floor-imports-no-room: lib/word.ts → lib/poll/decide.ts"),
      expect.stringContaining("no-circles: lib/"),
      expect.stringMatching(/the-product-takes-zod-mini: lib\/poll\/decide\.ts → .*zod\/index/),
    ]),
  );
  expect(found.filter((line) => line.includes("deliver/reply.ts"))).toEqual([]);
});
