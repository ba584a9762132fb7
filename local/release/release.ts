import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { RefusedError, runCommand, UsageError } from "../ops/command.ts";
import { COMMAND_BUNDLES, listBundledPackages, readFunctionBundles } from "../package/bundled-packages.ts";
import { createBillOfMaterials } from "../package/sbom.ts";
import { findReleaseNotes, toReleasedChangelog } from "./changelog.ts";
import { writeCommandPackage } from "./command-package.ts";
import { writeVersion } from "./version-files.ts";

const USAGE = `Makes a release from a clean checkout. Needs no remote, and publishes nothing.

  npm run release -- X.Y.Z

Sets the version and the changelog, bundles the GitHub Action, commits these files and makes the annotated tag vX.Y.Z.
Writes the files of the release to build/release/X.Y.Z: the package of the command, the bundled command as one file, bills
of materials and checksums. docs/release.md says how to publish a release.
Exit status: 0, 1 when something is wrong, 2 for wrong use.
`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHANGELOG = join(ROOT, "CHANGELOG.md");
const ACTION = "dist/github-action.mjs";
const Package = z.object({ version: z.string(), license: z.string() });

const execute = promisify(execFile);
const run = async (command: string, ...parameters: string[]): Promise<string> =>
  (await execute(command, parameters, { cwd: ROOT, maxBuffer: 2 ** 26 })).stdout.trim();
const git = (...parameters: string[]) => run("git", ...parameters);
const print = (line: string) => process.stdout.write(`${line}\n`);

async function readPackage(): Promise<z.infer<typeof Package>> {
  return Package.parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
}

/**
 * Checks whether a release can be made from the working copy. Returns the text of the changelog, with a section for the
 * new release.
 * @throws RefusedError with all reasons why no release can be made
 */
async function checkCheckout(version: string): Promise<string> {
  const faults: string[] = [];
  if ((await git("status", "--porcelain")) !== "")
    faults.push("the checkout has changes. Commit or remove them: git status");
  if ((await git("tag", "--list", `v${version}`)) !== "")
    faults.push(
      `the tag v${version} exists. Choose another version, or delete the tag: git tag -d v${version}`,
    );
  const { version: current } = await readPackage();
  if (version.localeCompare(current, "en", { numeric: true }) < 0)
    faults.push(`the version ${version} is lower than the current version ${current}`);
  const hasIdentity = await git("var", "GIT_COMMITTER_IDENT").then(
    () => true,
    () => false,
  );
  if (!hasIdentity) faults.push("git does not know your name and email: git config user.name, user.email");
  const today = new Date().toISOString().slice(0, 10);
  const changelog = toReleasedChangelog(await readFile(CHANGELOG, "utf8"), version, today);
  if (changelog === null)
    faults.push(`CHANGELOG.md has a section Unreleased and a section ${version}. Join both sections`);
  if (faults.length > 0 || changelog === null)
    throw new RefusedError(`nothing was released:\n${faults.map((one) => `- ${one}`).join("\n")}`);
  return changelog;
}

/** Commits the version, the changelog and the bundled action, and makes the tag. */
async function commitRelease(version: string, changelog: string): Promise<void> {
  await writeFile(CHANGELOG, changelog);
  await writeVersion(ROOT, version);
  await run(process.execPath, "client/build.mjs");
  await run(process.execPath, "client/build.mjs", join(ROOT, ACTION), "client/github-action.ts");
  await git("add", "--all");
  // If the checkout already contains the files of the release, no commit is needed.
  if ((await git("status", "--porcelain")) !== "")
    await git("commit", "--quiet", "--message", `Release ${version}`);
  const notes = findReleaseNotes(changelog, version) ?? "";
  const message = `cce-job-notifier ${version}\n\n${notes}`;
  // In the message of a tag, git normally treats headings as comments and removes them.
  await git("tag", "--annotate", `v${version}`, "--cleanup=whitespace", "--message", message);
}

/** Writes the files of the release and returns their names. */
async function writeArtefacts(version: string): Promise<readonly string[]> {
  const folder = join(ROOT, "build/release", version);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const commandPackages = await listBundledPackages(ROOT, COMMAND_BUNDLES);
  const functionPackages = await listBundledPackages(ROOT, await readFunctionBundles(ROOT));
  await writeCommandPackage(ROOT, folder, version, commandPackages);
  await writeFile(join(folder, "cce-notifier.mjs"), await readFile(join(ROOT, "build/cce-notifier.mjs")));
  const { license } = await readPackage();
  for (const [name, packages] of [
    ["cce-notifier", commandPackages],
    ["cce-job-notifier", functionPackages],
  ] as const) {
    const document = createBillOfMaterials({ name, version, license }, packages);
    await writeFile(join(folder, `${name}-${version}.sbom.json`), `${JSON.stringify(document, null, 2)}\n`);
  }
  const names = (await readdir(folder)).sort();
  const sums = names.map(async (name) => {
    const hash = createHash("sha256").update(await readFile(join(folder, name)));
    return `${hash.digest("hex")}  ${name}\n`;
  });
  await writeFile(join(folder, "SHA256SUMS"), (await Promise.all(sums)).join(""));
  return [...names, "SHA256SUMS"];
}

await runCommand(USAGE, { allowPositionals: true }, async ({ positionals }) => {
  const [version = "", ...more] = positionals;
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version) || more.length > 0)
    throw new UsageError("give one version of the form X.Y.Z");
  const changelog = await checkCheckout(version);
  try {
    await commitRelease(version, changelog);
  } catch (error) {
    // `git reset` removes only changes by this command, because the checkout had no changes before.
    await git("reset", "--hard", "--quiet");
    throw error;
  }
  const names = await writeArtefacts(version);
  print(`tag v${version}, files in build/release/${version}:`);
  for (const name of names) print(`  ${name}`);
  print(`Publish the release: git push origin HEAD v${version}`);
  return 0;
});
