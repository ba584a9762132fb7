import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runCommand } from "../../support/run-command.ts";
import { startTlsReceiver } from "./support/receiver.ts";

/** Node reads environment variables at the start of a process, so this test starts a second process. */
const CHILD = fileURLToPath(new URL("support/tls-child.ts", import.meta.url));

test("CCE, IAM, AWS and a service behind the typed client get no request from a process whose environment disables the check of certificates", async () => {
  const receiver = await startTlsReceiver((_, response) => response.end("{}"), "receiver");
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, String(receiver.port)], { env });
  await receiver.close();
  expect(JSON.parse(stdout)).toEqual([
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
  ]);
  expect(receiver.received).toHaveLength(0);
});

const COMMAND = fileURLToPath(new URL("../../../client/bin.mjs", import.meta.url));
const operatorsCommand = (name: string) =>
  fileURLToPath(new URL(`../../../local/ops/${name}.ts`, import.meta.url));
const STAGE = ["--stage", "s", "--region", "eu-central-1"];

test.each([
  ["cce-notifier", COMMAND, ["status", "prod/j"]],
  ["config list", operatorsCommand("config"), ["list", ...STAGE]],
  ["doctor", operatorsCommand("doctor"), STAGE],
])(
  "%s sends no request to a server with an untrusted certificate if the environment disables the check",
  async (_, file, parameters) => {
    const receiver = await startTlsReceiver((_, response) => response.end("{}"), "receiver");
    const url = `https://127.0.0.1:${receiver.port}`;
    const env = {
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_NO_WARNINGS: "1",
      NOTIFIER_URL: url,
      NOTIFIER_TOKEN: "t".repeat(43),
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_MAX_ATTEMPTS: "1",
    };
    const { code, stdout, stderr } = await runCommand(process.execPath, [file, ...parameters], { env });
    await receiver.close();
    expect(stdout + stderr).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify the first certificate/);
    expect(code).not.toBe(0);
    expect(receiver.received).toHaveLength(0);
  },
);
