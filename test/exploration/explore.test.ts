import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { PLANT_NAMES } from "../simulation/plants.ts";
import { LARGE_YOUNG_GENERATION } from "../support/young-generation.ts";
import { HIDDEN_PLANTS, VISIBLE_PLANTS } from "./visible-plants.ts";

const EXPLORE = fileURLToPath(new URL("./explore.ts", import.meta.url));

/** Runs `npm run explore` in its own process. In the test runner the exploration would be many times slower. */
function explore(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [LARGE_YOUNG_GENERATION, EXPLORE, ...args], (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}

const Result = z.object({
  schedules: z.int(),
  states: z.int(),
  finalStates: z.int(),
  digest: z.string(),
});

async function exploreCalls(...args: string[]): Promise<z.infer<typeof Result>> {
  const { code, stdout } = await explore(...args);
  expect(code).toBe(0);
  return Result.parse(JSON.parse(stdout.split("\n")[0] ?? ""));
}

describe("the exploration without preemptions, with a crash anywhere", () => {
  it("finds no violation in any state with the calls 'stop'", async () => {
    const { states, schedules, finalStates } = await exploreCalls("--preemptions", "0", "--calls", "stop");
    expect(states).toBeGreaterThan(190);
    expect(schedules).toBeGreaterThan(280);
    expect(finalStates).toBeGreaterThan(8);
  });

  it("prints the same figures in every run", async () => {
    const first = await exploreCalls("--preemptions", "0", "--calls", "none");
    expect(await exploreCalls("--preemptions", "0", "--calls", "none")).toEqual(first);
  });
});

const CALM = ["--no-crash", "--no-sweep"];

describe("the reduced exploration", () => {
  it.each([
    ["without preemptions, with a stop", ["--preemptions", "0", "--calls", "stop"]],
    [
      "without preemptions, with a redelivery, without a crash",
      ["--preemptions", "0", "--calls", "redelivery", "--no-crash"],
    ],
    [
      "without preemptions, with a restart, without a crash",
      ["--preemptions", "0", "--calls", "restart", "--no-crash"],
    ],
    ["with one preemption, without a crash and a sweep", ["--preemptions", "1", "--calls", "none", ...CALM]],
    [
      "with one preemption, a stop and functions that end at their time limit, without a crash and a sweep",
      ["--preemptions", "1", "--calls", "stop", ...CALM, "--time-limit"],
    ],
    [
      "with one preemption and a stop, without a crash and a sweep",
      ["--preemptions", "1", "--calls", "stop", ...CALM],
    ],
  ])("reaches the same final states as the unreduced exploration %s", async (_, args) => {
    const reduced = await exploreCalls(...args);
    const unreduced = await exploreCalls(...args, "--unreduced");
    expect(reduced.digest).toBe(unreduced.digest);
    expect(reduced.states).toBeLessThan(unreduced.states / 10);
  });
});

const Found = /: found in \d+ states, (\d+) preemptions, (\d+) steps$/;

describe("the planted bugs in the exploration", () => {
  it("are each either visible in the small system or listed with the reason why not", () => {
    const listed = [...Object.keys(VISIBLE_PLANTS), ...Object.keys(HIDDEN_PLANTS)];
    expect(listed.toSorted()).toEqual(PLANT_NAMES.toSorted());
  });

  it.each(["no-claim", "record-before-post", "advance-then-send"])(
    "'%s' has a schedule that ends with a violation, which is not longer than in the unreduced exploration",
    async (plant) => {
      const { code, stdout } = await explore("--preemptions", "0", "--plant", plant);
      expect(code).toBe(0);
      const lines = stdout.trim().split("\n");
      const [, preemptions, steps] = Found.exec(lines[0] ?? "") ?? [];
      expect(preemptions).toBe("0");
      expect(lines[1]).toBe("    the caller calls: submit");
      expect(lines.at(-1)).toMatch(/^ {4}FAULT /);
      const unreduced = await explore("--preemptions", "0", "--plant", plant, "--unreduced");
      // The reduced exploration does not receive messages that have no effect.
      const unreducedSteps = Number(Found.exec(unreduced.stdout.split("\n")[0] ?? "")?.[2]);
      expect(Number(steps)).toBeLessThanOrEqual(unreducedSteps);
      expect(lines.filter((line) => !line.includes("FAULT"))).toHaveLength(Number(steps) + 1);
    },
  );
});
