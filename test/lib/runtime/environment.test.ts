import { SQSClient } from "@aws-sdk/client-sqs";
import { jest } from "@jest/globals";
import { PublicTarget } from "../../../lib/channels/channel.ts";
import { createConfigParser } from "../../../lib/config/config.ts";
import { PublicProject } from "../../../lib/config/projects.ts";
import { readEnvironmentAndCreateAwsPorts } from "../../../lib/runtime/aws-ports.ts";
import {
  correctSystemClockIfFarOff,
  monotonicClock,
  systemClock,
  systemRandom,
  systemWait,
} from "../../../lib/runtime/clock.ts";
import { OUTGOING_PROXY, readEnvironmentOrThrow } from "../../../lib/runtime/environment.ts";

const VALID = {
  LEDGER_TABLE: "ledger",
  SWEEP_INTERVAL_SECONDS: "300",
  CONFIG_PATH: "/cce-job-notifier/prod/config",
  POLL_QUEUE_URL: "https://sqs.eu-de.example/1/poll",
  NOTIFY_QUEUE_URL: "https://sqs.eu-de.example/1/notify",
};
const PARSER = createConfigParser(["settings"], { project: PublicProject, target: PublicTarget });
const before = process.env;

function setEnvironment(changes: Readonly<Record<string, string | undefined>>) {
  process.env = { ...before, ...VALID, ...changes };
}

afterEach(() => {
  process.env = before;
});

describe("readEnvironmentOrThrow", () => {
  it("returns the variables that the function asks for, and checks no others", () => {
    setEnvironment({ CONFIG_PATH: "wrong", PUBLIC_URL: "wrong" });
    const names = ["LEDGER_TABLE", "SWEEP_INTERVAL_SECONDS", "POLL_QUEUE_URL"] as const;
    const { LEDGER_TABLE, SWEEP_INTERVAL_SECONDS, POLL_QUEUE_URL } = VALID;
    expect(readEnvironmentOrThrow(...names)).toEqual({
      LEDGER_TABLE,
      SWEEP_INTERVAL_SECONDS,
      POLL_QUEUE_URL,
    });
  });

  it.each([
    ["LEDGER_TABLE", [undefined, ""]],
    ["SWEEP_INTERVAL_SECONDS", [undefined, "", "0", "-5", "1.5", "05", "5s", "x5"]],
    ["CONFIG_PATH", [undefined, "", "config/"]],
    ["POLL_QUEUE_URL", [undefined, "", "poll"]],
    ["NOTIFY_QUEUE_URL", [undefined, "notify"]],
    ["POLL_DEAD_QUEUE_URL", [undefined, "poll-dead"]],
    ["NOTIFY_DEAD_QUEUE_URL", [undefined, "notify-dead"]],
    ["PUBLIC_URL", [undefined, "n.example"]],
  ] as const)("refuses a missing or invalid %s", (name, values) => {
    for (const value of values) {
      setEnvironment({ [name]: value });
      expect(() => readEnvironmentOrThrow(name)).toThrow(
        new RegExp(`^the environment variables of the function are invalid: ${name} \\(.+\\)$`),
      );
    }
  });

  it("names all missing and all invalid variables", () => {
    setEnvironment({ LEDGER_TABLE: undefined, CONFIG_PATH: "config" });
    expect(() => readEnvironmentOrThrow("LEDGER_TABLE", "CONFIG_PATH", "POLL_QUEUE_URL")).toThrow(
      /LEDGER_TABLE \(.+\), CONFIG_PATH \(.+\)$/,
    );
  });
});

describe("the ports of a function on AWS", () => {
  const read = () => readEnvironmentAndCreateAwsPorts(PARSER, "POLL_QUEUE_URL");

  it("have the ledger's table, the interval of the sweep in milliseconds and the real clock", () => {
    setEnvironment({});
    const { env, table, now, random, proxy, sqs } = read();
    expect(table).toMatchObject({ table: "ledger", sweepIntervalMs: 300_000 });
    expect(env.POLL_QUEUE_URL).toBe(VALID.POLL_QUEUE_URL);
    expect([now, random, proxy]).toEqual([systemClock, systemRandom, OUTGOING_PROXY]);
    expect(sqs).toEqual({ client: expect.any(SQSClient), random: systemRandom });
  });

  it("have the outgoing proxy of the environment", async () => {
    setEnvironment({
      HTTPS_PROXY: "http://proxy.example:3128",
      ALL_PROXY: undefined,
      NO_PROXY: "cce.example",
    });
    jest.resetModules();
    const own = await import("../../../lib/runtime/aws-ports.ts");
    const { proxy } = own.readEnvironmentAndCreateAwsPorts(PARSER);
    expect(proxy).toMatchObject({ protocol: "http:", host: "proxy.example", port: 3128 });
    expect([proxy?.isUsedFor("iam.example", 443), proxy?.isUsedFor("cce.example", 443)]).toEqual([
      true,
      false,
    ]);
  });

  it("are not created if a variable is missing", () => {
    for (const name of Object.keys(VALID).slice(0, 4)) {
      setEnvironment({ [name]: undefined });
      expect(read).toThrow(name);
    }
  });
});

test("random numbers are between 0 and 1, and the monotonic clock and the wait count milliseconds", async () => {
  const numbers = Array.from({ length: 50 }, systemRandom);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(new Set(numbers).size).toBeGreaterThan(40);
  const startedAt = monotonicClock();
  await systemWait(30);
  expect(monotonicClock() - startedAt).toBeGreaterThan(28);
});

test.each([
  [5000, 5000],
  [4999, 0],
  [-4999, 0],
  [-5000, -5000],
])("a difference of %i ms to the clock of AWS corrects the clock by %i ms", (differenceMs, correctionMs) => {
  const spy = jest.spyOn(Date, "now").mockReturnValue(1_800_000_000_000);
  try {
    correctSystemClockIfFarOff(1_800_000_000_000 + differenceMs);
    expect(systemClock() - Date.now()).toBe(correctionMs);
  } finally {
    correctSystemClockIfFarOff(Date.now());
    spy.mockRestore();
  }
});

test.each([
  ["127.0.0.1:9001", true],
  [undefined, false],
])(
  "with AWS_LAMBDA_RUNTIME_API %s, it is %s that the code runs in a function instance",
  async (address, expected) => {
    const { AWS_LAMBDA_RUNTIME_API: _, ...others } = before;
    process.env = { ...others, ...(address === undefined ? {} : { AWS_LAMBDA_RUNTIME_API: address }) };
    jest.resetModules();
    const { IS_LAMBDA_INSTANCE } = await import("../../../lib/runtime/environment.ts");
    expect(IS_LAMBDA_INSTANCE).toBe(expected);
  },
);
