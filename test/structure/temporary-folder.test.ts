import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runCommand } from "../support/run-command.ts";

/** npm and Jest keep caches for the next run in the temporary folder of the machine. */
const CACHES = new Set([`jest_${process.getuid?.().toString(36)}`, "node-compile-cache"]);
/** These tests create data directories and do not remove them. */
const TESTS_WITHOUT_CLEANUP = "test/server/store/";

test("all tests of a run share one temporary folder", () => {
  expect(basename(tmpdir())).toMatch(/^notifier-tests-/);
});

test("a run of the tests leaves nothing in the temporary folder of the machine", async () => {
  const folder = await mkdtemp(join(tmpdir(), "machine-"));
  const { stderr } = await runCommand("npm", ["run", "-s", "unit", "--", TESTS_WITHOUT_CLEANUP], {
    env: { TMPDIR: folder },
  });
  expect(stderr).toMatch(/Test Suites: \d+ passed, \d+ total/);
  expect((await readdir(folder)).filter((name) => !CACHES.has(name))).toEqual([]);
  await rm(folder, { recursive: true });
});
