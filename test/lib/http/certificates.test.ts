import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTlsReceiver } from "./support/receiver.ts";

/** Node reads environment variables at the start of a process, so this test starts a second process. */
const CHILD = fileURLToPath(new URL("support/tls-child.ts", import.meta.url));

test("CCE, IAM and AWS get no request from a process whose environment disables the check of certificates", async () => {
  const receiver = await startTlsReceiver((_, response) => response.end("{}"), "receiver");
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, String(receiver.port)], { env });
  await receiver.close();
  expect(JSON.parse(stdout)).toEqual([
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
  ]);
  expect(receiver.received).toHaveLength(0);
});
