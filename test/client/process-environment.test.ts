import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { jest } from "@jest/globals";
import { UsageError } from "../../client/option-values.ts";
import { createProcessEnvironment } from "../../client/process-environment.ts";
import { readText } from "../../client/read-text.ts";

const emitters: readonly EventEmitter[] = [process, process.stdout, process.stderr];
const EVENTS = ["uncaughtException", "error", "SIGINT", "SIGTERM"];
let before: ReturnType<typeof listListeners>;

function listListeners() {
  return emitters.flatMap((emitter) =>
    EVENTS.map((event) => ({ emitter, event, listeners: emitter.listeners(event) })),
  );
}

beforeEach(() => {
  before = listListeners();
});
afterEach(() => {
  jest.restoreAllMocks();
  for (const { emitter, event, listeners } of before)
    for (const listener of emitter.listeners(event))
      if (!listeners.includes(listener)) emitter.removeListener(event, listener as () => void);
});

/** Records what the process prints to stderr, and the calls that would end the process. */
function recordProcess() {
  const printed: string[] = [];
  const ended: unknown[] = [];
  jest.spyOn(process.stderr, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  jest.spyOn(process, "exit").mockImplementation((code) => ended.push(code) as never);
  jest.spyOn(process, "kill").mockImplementation((pid, signal) => {
    ended.push([pid, signal]);
    return true;
  });
  return { printed, ended };
}

test("a command of the one-node edition also ignores the error of an output that nobody reads", async () => {
  const { printed } = recordProcess();
  const { argv, exitCode } = process;
  process.argv = ["node", "cce-notifier", "token", "--data"];
  try {
    await import("../../client/cce-notifier.ts");
    expect([process.exitCode, printed[0]]).toEqual([2, expect.stringContaining("--data needs a value")]);
    for (const stream of [process.stdout, process.stderr])
      expect(stream.emit("error", new Error("EPIPE"))).toBe(true);
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
  }
});

describe("createProcessEnvironment", () => {
  it("prints an unexpected error as one line without control characters, and ends with the status 4", () => {
    const { printed, ended } = recordProcess();
    createProcessEnvironment();
    process.listeners("uncaughtException").at(-1)?.(new Error("no\u001b[31m disk\n"), "uncaughtException");
    expect(printed).toEqual([expect.stringMatching(/^cce-notifier: internal error: no disk .+\n$/)]);
    expect(ended).toEqual([4]);
  });

  it("ignores the error of an output that nobody reads", () => {
    createProcessEnvironment();
    for (const stream of [process.stdout, process.stderr])
      expect(stream.emit("error", new Error("EPIPE"))).toBe(true);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints the latest text at %s, and then ends by this signal",
    (signal) => {
      const { printed, ended } = recordProcess();
      const { onInterrupt } = createProcessEnvironment();
      const count = () => process.listenerCount(signal);
      const listeners = count();
      onInterrupt(() => "first\n");
      expect(count()).toBe(listeners + 1);
      onInterrupt(() => "latest\n");
      expect(count()).toBe(listeners + 1);
      process.emit(signal, signal);
      expect([printed, ended]).toEqual([["latest\n"], [[process.pid, signal]]]);
      expect(count()).toBe(listeners);
    },
  );

  it("reads files", async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "environment-")), "reply.json");
    writeFileSync(file, "{}");
    expect(await createProcessEnvironment().readText(file)).toBe("{}");
  });

  it("has the environment variables, the outputs and a clock in Unix milliseconds", async () => {
    const { env, stdout, stderr, now, wait } = createProcessEnvironment();
    expect([env, stdout, stderr]).toEqual([process.env, process.stdout, process.stderr]);
    expect(Math.abs(now() - Date.now())).toBeLessThan(60_000);
    const startedAt = now();
    await wait(30);
    expect(now() - startedAt).toBeGreaterThan(28);
  });

  it("calls a function repeatedly until the repetition is cancelled", async () => {
    const { every } = createProcessEnvironment();
    let calls = 0;
    await new Promise<void>((resolve) => {
      const cancel = every(1, () => {
        calls += 1;
        if (calls < 3) return;
        cancel();
        resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(3);
  });
});

const stdinWith = (...chunks: readonly (string | Buffer)[]) => Readable.from(chunks) as NodeJS.ReadStream;

describe("readText", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "read-text-"));

  it("reads a file in UTF-8, or in UTF-16 as PowerShell writes it", async () => {
    const file = path.join(folder, "reply.json");
    writeFileSync(file, '{"jobId":"ä"}');
    expect(await readText(file, stdinWith())).toBe('{"jobId":"ä"}');
    writeFileSync(file, Buffer.from('\ufeff{"jobId":"ä"}', "utf16le"));
    expect(await readText(file, stdinWith())).toBe('{"jobId":"ä"}');
  });

  it("reads all of stdin for the name '-'", async () => {
    const text = Buffer.from("öl");
    const stdin = stdinWith(Buffer.from("a"), text.subarray(0, 1), text.subarray(1));
    expect(await readText("-", stdin)).toBe("aöl");
  });

  it("names a file that cannot be read", async () => {
    const missing = path.join(folder, "missing");
    await expect(readText(missing, stdinWith())).rejects.toBeInstanceOf(UsageError);
    await expect(readText(missing, stdinWith())).rejects.toThrow(`the file '${missing}' `);
  });

  it("shows how to pass a reply if stdin is a terminal", async () => {
    const terminal = Object.assign(stdinWith("a"), { isTTY: true });
    await expect(readText("-", terminal)).rejects.toThrow(
      /another program: .* \| cce-notifier watch --reply -/,
    );
    await expect(readText("-", terminal)).rejects.toBeInstanceOf(UsageError);
  });
});
