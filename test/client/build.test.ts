import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { USAGE } from "../../client/usage.ts";
import { runCommand } from "../support/run-command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("installed as a package, where no Node reads TypeScript, the command is one file with nothing beside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "installed-"));
  const installed = join(folder, "node_modules/cce-job-notifier");
  await cp(join(ROOT, "client/bin.mjs"), join(installed, "client/bin.mjs"));
  const bin = join(installed, "client/bin.mjs");
  expect(await runCommand(process.execPath, [bin, "--help"])).toMatchObject({
    ...{ code: 2, stdout: "", stderr: expect.stringContaining("npm run prepare") },
  });
  const file = join(installed, "build/cce-notifier.mjs");
  const built = await runCommand(process.execPath, [join(ROOT, "client/build.mjs"), file]);
  expect(built).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await runCommand(process.execPath, [bin, "--help"])).toEqual({ code: 0, stdout: USAGE, stderr: "" });
  await rm(folder, { recursive: true });
});

test("in a checkout it runs from its sources, which are never stale", async () => {
  const ran = await runCommand(process.execPath, [join(ROOT, "client/bin.mjs"), "watch"]);
  expect(ran).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("give either job IDs or --reply"),
  });
});
