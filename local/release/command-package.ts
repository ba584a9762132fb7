import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BundledPackage } from "../package/bundled-packages.ts";

const run = promisify(execFile);

const README = `# cce-notifier

The command of the CCE job notifier. It submits jobs to the service, waits until jobs end, and stops watches. The command
needs Node.js 20 or newer and no other package. \`cce-notifier serve\`, the one-node edition of the service, needs Node.js
24 or newer.

    cce-notifier help
`;

/**
 * Writes the npm package of the command, `cce-notifier-<version>.tgz`, and returns the path of the file. Equal sources
 * always result in an npm package with the same bytes. The npm package has no dependencies, because `npm run prepare`
 * has bundled all its files.
 * @param folder an empty folder for the file
 */
export async function writeCommandPackage(
  root: string,
  folder: string,
  version: string,
  packages: readonly BundledPackage[],
): Promise<string> {
  const content = join(folder, "package");
  await mkdir(content, { recursive: true });
  const manifest = {
    name: "cce-notifier",
    version,
    description: "Submits Huawei Cloud CCE jobs to the CCE job notifier and waits until jobs end.",
    license: "MIT",
    type: "module",
    bin: { "cce-notifier": "cce-notifier.mjs" },
    engines: { node: ">=20" },
    files: ["cce-notifier.mjs", "one-node", "THIRD-PARTY-LICENSES.txt"],
  };
  await writeFile(join(content, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(content, "README.md"), README);
  await writeFile(join(content, "THIRD-PARTY-LICENSES.txt"), await joinLicences(root, packages));
  await cp(join(root, "LICENSE"), join(content, "LICENSE"));
  await cp(join(root, "build/cce-notifier.mjs"), join(content, "cce-notifier.mjs"));
  await cp(join(root, "build/one-node"), join(content, "one-node"), { recursive: true });
  await run("npm", ["pack", content, "--ignore-scripts", "--pack-destination", folder, "--silent"]);
  await rm(content, { recursive: true });
  return join(folder, `cce-notifier-${version}.tgz`);
}

/** A pattern for the names of files with a licence. */
const LICENCE_FILE = /^(licen[cs]e|notice|copying)(\.|-|$)/i;

/**
 * Returns the licences of bundled packages as one text. The MIT and Apache licences require that each copy of a package
 * contains the text of the licence.
 */
async function joinLicences(root: string, packages: readonly BundledPackage[]): Promise<string> {
  const parts = packages.map(async ({ name, version, license, folder }) => {
    const files = (await readdir(join(root, folder))).filter((file) => LICENCE_FILE.test(file)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), "utf8")));
    return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
  });
  return `${(await Promise.all(parts)).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
