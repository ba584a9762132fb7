import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../support/find-free-port.ts";
import { type Ran, runCommand } from "../support/run-command.ts";
import { shellBlocks } from "../support/shell-blocks.ts";
import { startArtifactStore } from "./artifact-store.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VERSION = "7.8.9";
/** A release must not take longer. */
const RELEASE_LIMIT_MS = 180_000;

let folder: string;
let clone: string;
let files: string;
let released: Ran;
let durationMs: number;

/** The command npm needs a home folder. No registry is needed, so none is reachable. */
const environment = () => ({
  HOME: folder,
  npm_config_registry: "http://127.0.0.1:9",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
});
const run = (command: string, ...parameters: string[]) =>
  runCommand(command, parameters, { cwd: clone, env: environment() });
async function git(...parameters: string[]): Promise<string> {
  const ran = await run("git", ...parameters);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.trim();
}
const release = (version: string) => run("npm", "run", "--silent", "release", "--", version);

/** Makes a clone without a remote of the files in this checkout, also of the files that are not committed. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "release-"));
  clone = join(folder, "clone");
  const listed = await runCommand("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT });
  for (const file of listed.stdout.split("\0").filter((name) => name !== "")) {
    await mkdir(dirname(join(clone, file)), { recursive: true });
    // A deleted file is still in the index.
    await cp(join(ROOT, file), join(clone, file)).catch(() => undefined);
  }
  // Hard links are fast. They need the same file system, so a copy is the alternative.
  const packages = [join(ROOT, "node_modules"), join(clone, "node_modules")];
  const linked = await runCommand("cp", ["-al", ...packages]);
  if (linked.code !== 0) await runCommand("cp", ["-a", ...packages]);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Everything");
  const startedAt = performance.now();
  released = await release(VERSION);
  durationMs = performance.now() - startedAt;
  files = join(clone, "build/release", VERSION);
});

after(() => rm(folder, { recursive: true }));

test("a release takes less than three minutes and leaves a clean checkout with one commit and an annotated tag", async () => {
  assert.equal(released.code, 0, released.stderr);
  assert.ok(durationMs < RELEASE_LIMIT_MS, `${durationMs} ms`);
  assert.equal(await git("status", "--porcelain"), "");
  assert.equal(await git("log", "--format=%s", "-2"), `Release ${VERSION}\nEverything`);
  assert.equal(await git("cat-file", "-t", `v${VERSION}`), "tag");
  assert.equal(await git("rev-parse", `v${VERSION}^{commit}`), await git("rev-parse", "HEAD"));
  assert.match(
    await git("tag", "-l", "--format=%(contents)", `v${VERSION}`),
    /^cce-job-notifier 7\.8\.9\n\n\S/,
  );
  assert.match(await readFile(join(clone, "CHANGELOG.md"), "utf8"), /^## 7\.8\.9 - \d{4}-\d{2}-\d{2}$/m);
  assert.match(await readFile(join(clone, "examples/jenkins/Jenkinsfile"), "utf8"), /@v7\.8\.9'/);
});

test("the checksums belong to the files of the release", async () => {
  const lines = (await readFile(join(files, "SHA256SUMS"), "utf8")).trimEnd().split("\n");
  const names = (await readdir(files)).filter((name) => name !== "SHA256SUMS").sort();
  assert.deepEqual(names, [
    `cce-job-notifier-${VERSION}.sbom.json`,
    `cce-notifier-${VERSION}.sbom.json`,
    `cce-notifier-${VERSION}.tgz`,
    "cce-notifier.mjs",
  ]);
  const sums = names.map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(files, name)));
    return `${hash.digest("hex")}  ${name}`;
  });
  assert.deepEqual(lines, await Promise.all(sums));
});

test("the bills of materials name the version and the bundled packages", async () => {
  for (const name of ["cce-notifier", "cce-job-notifier"]) {
    const bom = JSON.parse(await readFile(join(files, `${name}-${VERSION}.sbom.json`), "utf8"));
    assert.deepEqual([bom.metadata.component.name, bom.metadata.component.version], [name, VERSION]);
    assert.ok(bom.components.some((one: { name: string }) => one.name === "zod"));
  }
});

test("the same commit gives the same bytes", async () => {
  const sums = await readFile(join(files, "SHA256SUMS"), "utf8");
  await git("tag", "--delete", `v${VERSION}`);
  const again = await release(VERSION);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(await git("log", "--format=%s", "-2"), `Release ${VERSION}\nEverything`);
  assert.equal(await readFile(join(files, "SHA256SUMS"), "utf8"), sums);
});

test("a release is refused with every reason, and changes nothing", async () => {
  await writeFile(join(clone, "new.txt"), "");
  const refused = await release(VERSION);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the checkout has changes.*\n- the tag v7\.8\.9 exists/);
  await rm(join(clone, "new.txt"));
  assert.match((await release("7.8.8")).stderr, /lower than the current version 7\.8\.9/);
  assert.equal((await release("v8.0.0")).code, 2);
  assert.equal(await git("status", "--porcelain"), "");
});

/** The Node.js programs of this machine from version 20, by major version. */
async function nodes(): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const path of [join(ROOT, "node_modules/.bin"), ...(process.env.PATH ?? "").split(delimiter)]) {
    if (!existsSync(join(path, "node"))) continue;
    const { stdout } = await runCommand(join(path, "node"), ["--version"]);
    const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
    if (major >= 20 && !found.has(major)) found.set(major, path);
  }
  return found;
}

/** Runs the package of the release with npx in an empty folder. */
async function npx(node: string, ...parameters: string[]): Promise<Ran> {
  const empty = await mkdtemp(join(folder, "empty-"));
  const tgz = `cce-notifier-${VERSION}.tgz`;
  await cp(join(files, tgz), join(empty, tgz));
  const env = { ...environment(), PATH: `${node}${delimiter}${process.env.PATH}` };
  return runCommand("npx", ["--yes", "--package", `./${tgz}`, "cce-notifier", ...parameters], {
    cwd: empty,
    env,
  });
}

test("the package runs with npx on every Node.js from version 20, and only serve needs Node.js 24", async () => {
  const found = await nodes();
  assert.ok(
    [...found.keys()].some((major) => major < 24),
    "the test needs a Node.js between 20 and 23 in the PATH",
  );
  for (const [major, path] of found) {
    assert.deepEqual(await npx(path, "--version"), { code: 0, stdout: `${VERSION}\n`, stderr: "" });
    const serve = await npx(path, "serve");
    assert.equal(serve.code, 2);
    assert.match(serve.stderr, major < 24 ? /serve needs Node\.js 24 or newer/ : /--config/);
  }
});

test("the package has no dependencies, and contains the licences of the bundled packages", async () => {
  await mkdir(join(folder, "unpacked"));
  await run("tar", "-xzf", join(files, `cce-notifier-${VERSION}.tgz`), "-C", join(folder, "unpacked"));
  const read = (name: string) => readFile(join(folder, "unpacked/package", name), "utf8");
  const manifest = JSON.parse(await read("package.json"));
  assert.deepEqual([manifest.name, manifest.version], ["cce-notifier", VERSION]);
  assert.deepEqual(
    Object.keys(manifest).filter((key) => /dependencies|scripts/i.test(key)),
    [],
  );
  assert.match(await read("THIRD-PARTY-LICENSES.txt"), /zod [\d.]+ \(MIT\)\n\nMIT License/);
});

test("the installed package serves the one-node edition", async () => {
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ projects: {}, targets: {}, tokens: {}, settings: {} }));
  const installed = join(folder, "unpacked/package/cce-notifier.mjs");
  const stopping = new AbortController();
  const port = await findFreePort();
  const serving = runServer(installed, config, port, stopping.signal);
  try {
    assert.equal(await healthOf(port), 200);
  } finally {
    stopping.abort();
  }
  await serving;
});

test("the action of the tag runs without node_modules", async () => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(422, { "content-type": "application/problem+json" });
    response.end(
      JSON.stringify({
        type: "about:blank",
        title: "Invalid request",
        status: 422,
        detail: "No job was accepted.",
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const action = join(folder, "action");
  await mkdir(action);
  await git("archive", "--output", join(folder, "action.tar"), `v${VERSION}`, "action.yml", "dist");
  await run("tar", "-xf", join(folder, "action.tar"), "-C", action);
  const [, main = ""] = /^ {2}main: (\S+)$/m.exec(await readFile(join(action, "action.yml"), "utf8")) ?? [];
  const ran = await runCommand(process.execPath, [join(action, main)], {
    env: {
      INPUT_URL: `http://127.0.0.1:${port}`,
      INPUT_TOKEN: "t",
      "INPUT_JOB-ID": "a",
      GITHUB_OUTPUT: join(folder, "output"),
    },
  });
  server.close();
  assert.equal(ran.code, 2, ran.stderr);
  assert.deepEqual(requests, ["POST /v1/jobs"]);
  assert.match(await readFile(join(folder, "output"), "utf8"), /^state=\nreason=.*No job was accepted\.\n/);
});

/** Runs the shell code of a document, and ends at the first command that fails. */
async function runBlock(code: string, env: Readonly<Record<string, string>>, cwd = clone): Promise<Ran> {
  return runCommand("bash", ["--norc", "-e", "-c", code], {
    cwd,
    env: Object.assign({}, environment(), env),
  });
}

test("docs/command.md installs and runs the files of the release as printed, on every Node.js from version 20", async (context) => {
  const store = await startArtifactStore(files);
  context.after(() => store.stop());
  const document = await readFile(join(clone, "docs/command.md"), "utf8");
  const blocks = shellBlocks(document).filter((code) => code.includes("ARTIFACTS"));
  assert.equal(blocks.length, 2);
  for (const [major, path] of await nodes())
    for (const block of blocks) {
      const [, name = ""] = /YOUR_REPOSITORY {2}(\S+)"/.exec(block) ?? [];
      const sum = createHash("sha256").update(await readFile(join(files, name)));
      const code = block
        .replace("https://ARTIFACTS.example", store.url)
        .replace("THE_CHECKSUM_FROM_YOUR_REPOSITORY", sum.digest("hex"));
      const empty = await mkdtemp(join(folder, "pipeline-"));
      await writeFile(join(empty, "create-cluster-reply.json"), JSON.stringify({ status: { jobID: "a" } }));
      const env = {
        PATH: `${path}${delimiter}${process.env.PATH}`,
        NOTIFIER_URL: store.url,
        NOTIFIER_TOKEN: "t",
        NOTIFIER_PROJECT: "prod",
      };
      const ran = await runBlock(code, env, empty);
      assert.equal(ran.code, 0, `Node.js ${major}: ${code}${ran.stdout}${ran.stderr}`);
      assert.match(ran.stdout, new RegExp(`^${name}: OK$`, "m"));
      assert.match(ran.stdout, /succeeded/i);
      assert.match(ran.stdout, /^ {2}page: https:/m);
      const wrongSum = await runBlock(code.replace(/echo "\w/, 'echo "x'), env, empty);
      assert.notEqual(wrongSum.code, 0);
    }
  for (const path of (await nodes()).values()) {
    const env = { NOTIFIER_URL: store.url, NOTIFIER_TOKEN: "t" };
    const job = "prod/1e50bfbe-5b9e-11ef-8f52-0255ac10003e";
    const command = join(files, "cce-notifier.mjs");
    const opened = await runCommand(join(path, "node"), [command, "open", job], { env });
    assert.deepEqual([opened.code, opened.stderr], [0, ""]);
    assert.match(opened.stdout, /^https:/);
    const waited = await runCommand(join(path, "node"), [command, "status", job, "--wait"], { env });
    assert.match(waited.stdout, /^ {2}page: https:/m);
  }
  assert.ok(store.requests.includes("POST /v1/jobs?from=cce&project=prod"), store.requests.join());
});

test("docs/release.md publishes a release, and removes one, as printed", async () => {
  const remote = join(folder, "remote.git");
  await git("init", "--quiet", "--bare", remote);
  await git("remote", "add", "origin", remote);
  const blocks = shellBlocks(await readFile(join(clone, "docs/release.md"), "utf8"));
  const [publish = "", remove = "", ...more] = blocks
    .map((code) => code.replaceAll(/v\d+\.\d+\.\d+/g, `v${VERSION}`))
    .filter((code) => code.startsWith("git "));
  assert.deepEqual(more, []);
  const published = await runBlock(publish, {});
  assert.equal(published.code, 0, published.stderr);
  assert.match(await git("ls-remote", "--tags", remote), new RegExp(`refs/tags/v${VERSION}$`, "m"));
  const removed = await runBlock(remove, {});
  assert.equal(removed.code, 0, removed.stderr);
  assert.equal(await git("tag", "--list"), "");
  assert.equal(await git("log", "--format=%s"), "Everything");
  assert.equal(await git("status", "--porcelain"), "");
});

test("the scripts that write files run from a checkout, and write what the checkout contains", async () => {
  const scripts = ["generate", "stages", "sbom", "preview", "bench:waiting", "bench:costs", "bench:rivals"];
  const file = join(folder, "durations.json");
  const durations = [300, 320, 350, 400];
  const comparison = { jobType: "CreateCluster", pollCostSeconds: 1, history: durations, test: durations };
  await writeFile(file, JSON.stringify(comparison));
  for (const script of [...scripts.map((name) => [name]), ["bench:schedule", "--", file]]) {
    const ran = await run("npm", "run", "--silent", ...script);
    assert.deepEqual([script, ran.code, ran.stderr], [script, 0, ""]);
  }
  assert.equal(await git("status", "--porcelain"), "");
});

/** Runs `cce-notifier serve` until the signal. */
async function runServer(file: string, config: string, port: number, signal: AbortSignal): Promise<void> {
  const parameters = ["serve", "--config", config, "--data", join(folder, "data"), "--port", String(port)];
  const child = spawn(process.execPath, [file, ...parameters], { stdio: "ignore" });
  signal.addEventListener("abort", () => child.kill("SIGTERM"));
  await new Promise((resolve) => child.once("exit", resolve));
}

/** Returns the HTTP status of /healthz, as soon as the server answers. */
async function healthOf(port: number): Promise<number> {
  for (let tries = 0; tries < 150; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (response !== null) return response.status;
    await setTimeout(100);
  }
  throw new Error("the server does not answer");
}
