import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { PLANT_NAMES } from "../simulation/plants.ts";
import { HIDDEN_PLANTS, VISIBLE_PLANTS } from "./visible-plants.ts";

const EXPLORE = fileURLToPath(new URL("./explore.ts", import.meta.url));

/** Runs `npm run explore` in its own process. In the test runner the exploration would be many times slower. */
function explore(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [EXPLORE, ...args], (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}

const Result = z.object({
  schedules: z.int(),
  states: z.int(),
  finalStates: z.int(),
});

describe("the exploration without preemptions, with a crash anywhere", () => {
  it.each(["none", "stop"])(
    "finds no violation in any state with the calls '%s'",
    async (calls) => {
      const { code, stdout } = await explore("--preemptions", "0", "--calls", calls);
      expect(code).toBe(0);
      const { states, schedules, finalStates } = Result.parse(JSON.parse(stdout.split("\n")[0] ?? ""));
      expect(states).toBeGreaterThan(6000);
      expect(schedules).toBeGreaterThan(1500);
      expect(finalStates).toBeGreaterThan(100);
    },
    60_000,
  );

  it("prints the same figures in every run", async () => {
    const first = await explore("--preemptions", "0", "--calls", "none");
    const second = await explore("--preemptions", "0", "--calls", "none");
    const [line] = first.stdout.split("\n");
    expect(second.stdout.split("\n")[0]).toBe(line);
  }, 60_000);
});

describe("the planted bugs in the exploration", () => {
  it("are each either visible in the small system or listed with the reason why not", () => {
    const listed = [...Object.keys(VISIBLE_PLANTS), ...Object.keys(HIDDEN_PLANTS)];
    expect(listed.toSorted()).toEqual(PLANT_NAMES.toSorted());
  });

  it.each(["no-claim", "record-before-post", "advance-then-send"])(
    "'%s' has a shortest schedule that ends with a violation",
    async (plant) => {
      const { code, stdout } = await explore("--preemptions", "0", "--plant", plant);
      expect(code).toBe(0);
      const lines = stdout.trim().split("\n");
      expect(lines[0]).toMatch(/: found in \d+ states, 0 preemptions, \d+ steps$/);
      expect(lines[1]).toBe("    the caller calls: submit");
      expect(lines.at(-1)).toMatch(/^ {4}FAULT /);
    },
    60_000,
  );
});
