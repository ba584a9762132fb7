import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CceSimulator, startCceSimulator } from "../../../local/cce/simulator.ts";
import { type Receiver, startReceiver } from "../../../local/receiver/receiver.ts";
import { runCommand } from "../../support/run-command.ts";

const DOCTOR = fileURLToPath(new URL("../../../local/ops/doctor.ts", import.meta.url));
const KEY = { accessKey: "AKhunter2", secretKey: "hunter2" };

let folder: string;
let cce: CceSimulator;
let receiver: Receiver;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dry-run-"));
  [cce, receiver] = await Promise.all([startCceSimulator({ keys: [KEY] }), startReceiver()]);
});
afterAll(async () => {
  await Promise.all([cce.stop(), receiver.stop()]);
  await rm(folder, { recursive: true });
});

/** Runs the doctor on a config file, without AWS settings in the environment. */
async function dryRun(change: Readonly<Record<string, unknown>>, ...parameters: string[]) {
  const file = join(folder, "config.json");
  const project = { projectId: "p", endpoint: cce.url, auth: { kind: "aksk", ...KEY } };
  const config = {
    projects: { prod: project },
    targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/hunter2` } },
    settings: { egress: { allow: [receiver.url, cce.url].map((url) => new URL(url).host) } },
    ...change,
  };
  await writeFile(file, JSON.stringify(config));
  const { code, stdout, stderr } = await runCommand(process.execPath, [
    DOCTOR,
    "--config",
    file,
    ...parameters,
  ]);
  expect(stdout + stderr).not.toContain("hunter2");
  expect(stderr).toBe("");
  return { code, stdout, states: stdout.split("\n").filter((line) => /^\S/.test(line)) };
}

test("doctor --config checks the file, its hosts and credentials, and sends nothing", async () => {
  const before = receiver.notifications.list(null);
  const { code, states } = await dryRun({});
  expect(states).toEqual([
    expect.stringMatching(/^ok {6}config: .* is valid$/),
    "warning endpoint of prod: 127.0.0.1 has a private address",
    "ok      project prod: CCE answers and accepts the credentials",
    expect.stringMatching(/^ok {6}target deploys: slack, .*; --send sends a test message$/),
    "0 faults, 1 warning, 3 checks ok.",
  ]);
  expect(code).toBe(0);
  expect(receiver.notifications.list(null)).toEqual(before);
});

test("doctor --config --send sends each target the test message", async () => {
  const before = receiver.notifications.list(null).length;
  const { code, states } = await dryRun({}, "--send");
  expect(states.at(-2)).toBe("ok      message to deploys: delivered (ok, HTTP 200)");
  expect(code).toBe(0);
  expect(receiver.notifications.list(null)).toHaveLength(before + 1);
});

test("doctor --config reports settings that would fail after a deployment, with remedies", async () => {
  const auth = { kind: "aksk", accessKey: "AKother", secretKey: "other" };
  const { code, stdout, states } = await dryRun(
    {
      projects: { prod: { projectId: "p", endpoint: cce.url, auth } },
      settings: { egress: { allow: ["not a host!!", new URL(cce.url).host] } },
    },
    "--send",
  );
  expect(states.map((line) => line.replace(/:.*/, ""))).toEqual([
    "ok      config",
    "FAULT   config",
    "warning endpoint of prod",
    "FAULT   project prod",
    "FAULT   target deploys",
    "FAULT   message to deploys",
    "4 faults, 1 warning, 1 check ok.",
  ]);
  expect(stdout.match(/list its host in settings\.egress\.allow/g)).toHaveLength(2);
  expect(code).toBe(1);
});

test("doctor --config reports every fault of a file, and an unreadable file", async () => {
  const { code, states } = await dryRun({
    targets: { deploys: { kind: "slack", url: "hunter2 example" } },
    tokens: 7,
  });
  expect(states).toEqual([
    "FAULT   config: targets.deploys.url: must be a URL",
    expect.stringMatching(/^FAULT {3}config: tokens: /),
    "2 faults, 0 warnings, 0 checks ok.",
  ]);
  expect(code).toBe(1);
  const { code: missing, stdout } = await runCommand(process.execPath, [
    DOCTOR,
    "--config",
    join(folder, "none"),
  ]);
  expect(missing).toBe(1);
  expect(stdout).toMatch(/^FAULT {3}config: the file does not exist\n/);
});
