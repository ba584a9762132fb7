import { cpSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../support/run-command.ts";

const SCRIPT = "local/package/link-node.mjs";
const PACKAGE = `node-${process.platform}-${process.arch}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "link-node-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const link = () => runCommand(process.execPath, [SCRIPT, folder]);
const path = (...names: string[]) => join(folder, "node_modules", ...names);

test("a missing link to the installed Node.js is made, and runs", async () => {
  mkdirSync(path(PACKAGE, "bin"), { recursive: true });
  cpSync(process.execPath, path(PACKAGE, "bin/node"));
  expect(await link()).toEqual({ code: 0, stdout: "", stderr: "" });
  const ran = await runCommand(path(".bin/node"), ["--version"]);
  expect(ran.stdout).toBe(`${process.version}\n`);
  expect(await link()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("an existing link stays, and without a package of this platform no link is made", async () => {
  expect(await link()).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(() => lstatSync(path(".bin/node"))).toThrow("ENOENT");
  mkdirSync(path(PACKAGE, "bin"), { recursive: true });
  mkdirSync(path(".bin"));
  symlinkSync(process.execPath, path(".bin/node"));
  await link();
  expect(readlinkSync(path(".bin/node"))).toBe(process.execPath);
});
