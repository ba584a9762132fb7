import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { USAGE, VERSION } from "../../client/usage.ts";
import { textsOfLanguage } from "../../lib/domain/texts.ts";
import { runCommand } from "../support/run-command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD = join(ROOT, "client/build.mjs");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "command-"));
});
afterEach(() => rm(folder, { recursive: true }));

const build = (file: string, cwd = ROOT) => runCommand(process.execPath, [BUILD, file], { cwd });

/** All Node.js programs in the PATH, and the Node.js of this repository. */
const nodes = [...new Set([process.execPath, ...(process.env.PATH ?? "").split(delimiter).map(nodeIn)])];

function nodeIn(directory: string): string {
  return join(directory, "node");
}

/** Functions of JavaScript and Node.js that Node.js 20 does not have. */
const NEWER_THAN_NODE_20 =
  /\b(?:(?:Map|Object)\.groupBy|Array\.fromAsync|Promise\.(?:withResolvers|try)|RegExp\.escape|URL\.parse|Error\.isError)\b|\.(?:union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom|getOrInsert)\(|\.(?:values|keys|entries)\(\)\.(?:map|filter|find|some|every|reduce|toArray|flatMap|take|drop|forEach)\(|import\.meta\.main/g;

test("the built file uses no function that Node.js 20 does not have", async () => {
  const file = join(folder, "cce-notifier.mjs");
  await build(file);
  expect((await readFile(file, "utf8")).match(NEWER_THAN_NODE_20)).toBeNull();
  expect("Map.groupBy(a); b.values().map(c); d.union(e)".match(NEWER_THAN_NODE_20)).toHaveLength(3);
});

test("the built file runs alone in an empty folder, with every Node from version 20", async () => {
  const file = join(folder, "cce-notifier.mjs");
  await build(file);
  await rm(`${file}.sha256`);
  expect(await readdir(folder)).toEqual(["cce-notifier.mjs"]);
  const env = { NOTIFIER_URL: "http://127.0.0.1:9", NOTIFIER_TOKEN: "t" };
  let ran = 0;
  for (const node of nodes.filter(existsSync)) {
    const major = Number(/^v(\d+)/.exec((await runCommand(node, ["--version"])).stdout)?.[1]);
    if (major < 20) continue;
    const run = (...parameters: string[]) => runCommand(node, [file, ...parameters], { cwd: folder, env });
    expect(await run("--version")).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
    // The client does not repeat a test call, so the test does not wait.
    expect(await run("redeliver", "p/a")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("cannot be reached"),
    });
    ran += 1;
  }
  expect(ran).toBeGreaterThan(0);
});

test("the built file imports no package", async () => {
  const file = join(folder, "cce-notifier.mjs");
  await build(file);
  const imports = [...(await readFile(file, "utf8")).matchAll(/\bimport\s?[\w{][^"()]*from\s?"([^"]+)"/g)];
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.map(([, name]) => name).filter((name) => !name?.startsWith("node:"))).toEqual([]);
});

test("the built file contains no text of a notification and no hint", async () => {
  const file = join(folder, "cce-notifier.mjs");
  await build(file);
  const source = await readFile(file, "utf8");
  for (const text of [textsOfLanguage("en")["advice.lost"], textsOfLanguage("de")["advice.lost"], "Ecs.0314"])
    expect(source).not.toContain(text);
});

test("a build in any folder makes the same file, and a checksum for sha256sum", async () => {
  const [one, two] = [join(folder, "one/cce-notifier.mjs"), join(folder, "two/cce-notifier.mjs")];
  expect(await build(one)).toEqual({ code: 0, stdout: "", stderr: "" });
  await build(two, folder);
  expect(await readFile(two, "utf8")).toBe(await readFile(one, "utf8"));
  const sum = createHash("sha256")
    .update(await readFile(one))
    .digest("hex");
  expect(await readFile(`${one}.sha256`, "utf8")).toBe(`${sum}  cce-notifier.mjs\n`);
});

test("VERSION is the version of the package", async () => {
  expect(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"))).toMatchObject({ version: VERSION });
});

test("the command of an installed package runs the built file", async () => {
  const installed = join(folder, "node_modules/cce-job-notifier");
  await cp(join(ROOT, "client/bin.mjs"), join(installed, "client/bin.mjs"));
  const bin = join(installed, "client/bin.mjs");
  expect(await runCommand(process.execPath, [bin, "--help"])).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("npm run prepare"),
  });
  const built = await build(join(installed, "build/cce-notifier.mjs"));
  expect(built).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(await runCommand(process.execPath, [bin, "--help"])).toEqual({ code: 0, stdout: USAGE, stderr: "" });
});

test("the command in a checkout runs the sources", async () => {
  const ran = await runCommand(process.execPath, [join(ROOT, "client/bin.mjs"), "watch"]);
  expect(ran).toEqual({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("give either job IDs, --operation or --reply"),
  });
});
