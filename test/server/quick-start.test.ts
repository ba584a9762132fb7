// Follows docs/one-node.md as printed. Only the values that a person must replace are replaced.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { type Ran, runCommand } from "../support/run-command.ts";
import { shellBlocks } from "../support/shell-blocks.ts";

const DOCUMENT = readFileSync("docs/one-node.md", "utf8");
const BLOCKS = shellBlocks(DOCUMENT);
const block = (text: string): string => BLOCKS.find((code) => code.includes(text)) ?? `no block with ${text}`;
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;

let folder: string;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  folder = mkdtempSync(join(tmpdir(), "quick-start-"));
  symlinkSync(join(process.cwd(), "client"), join(folder, "client"));
});
afterAll(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

const run = (code: string): Promise<Ran> =>
  runCommand("bash", ["--norc", "-e", "-c", code], { cwd: folder, env: { PATH } });

test("the steps of docs/one-node.md lead from an empty folder to a test notification, a backup and an export", async () => {
  const made = await run(block(" token "));
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const [token = ""] = /ccen_\S+/.exec(made.stdout) ?? [];
  const [, sha256 = ""] = /"sha256": ?"([0-9a-f]{64})"/.exec(made.stdout) ?? [];

  const [, example = ""] = /^ *```json\n([\s\S]*?)^ *```/m.exec(DOCUMENT) ?? [];
  const config = JSON.parse(example.replace('"sha256": "…"', `"sha256": "${sha256}"`));
  config.projects.prod.projectId = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";
  config.settings.egress = { allow: [new URL(receiver.url).host] };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "secret-key"), "kZ4nR8vB2xL6qW0tY3uM7pD1sF5gH9jC\n");
  const variables = block("export CCE_ACCESS_KEY")
    .replace("YOUR_ACCESS_KEY", "HPUA7KQ2XJ5TBD9WVRCN")
    .replace("YOUR_SLACK_URL", `${receiver.url}/slack/deploys`);

  const [check = "", serve = ""] = block("serve --config").trim().split("\n");
  const checked = await run(`${variables}${check}`);
  expect([checked.code, checked.stderr]).toEqual([0, ""]);

  const server = spawn("bash", ["--norc", "-e", "-c", `${variables}exec ${serve} --port 0`], {
    cwd: folder,
    env: { PATH },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(server, "exit");
  try {
    const api = await new Promise<string>((resolve, reject) => {
      server.once("exit", (status) => reject(new Error(`the service ended with ${status}`)));
      createInterface({ input: server.stdout }).on("line", (line) => {
        if (line.includes('"message":"ready"')) resolve(JSON.parse(line).api);
      });
    });
    const call = block(" test deploys").replace("http://127.0.0.1:8080", api).replace("ccen_…", token);
    const tested = await run(call);
    expect([tested.code, tested.stderr]).toEqual([0, ""]);
    expect(receiver.notifications.list("slack")).toHaveLength(1);
    const backup = await run(block(" backup ").replace("/backup/", `${folder}/`));
    expect([backup.code, backup.stderr]).toEqual([0, ""]);
    const [, line = ""] = /`cce-notifier (doctor --config [^`]+)`/.exec(DOCUMENT) ?? [];
    const doctor = await run(`${variables}node client/bin.mjs ${line}`);
    // The example's CCE cannot be reached from a test.
    expect([doctor.code, doctor.stderr]).toEqual([1, ""]);
    expect(doctor.stdout).toMatch(/project prod/);
  } finally {
    server.kill("SIGTERM");
    await exited;
  }
  const exported = await run(block(" export "));
  expect([exported.code, exported.stderr]).toEqual([0, ""]);
});
