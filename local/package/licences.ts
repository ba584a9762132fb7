import { fileURLToPath } from "node:url";
import { readScriptArguments } from "../ops/script-arguments.ts";
import {
  type BundledPackage,
  COMMAND_BUNDLES,
  listBundledPackages,
  readFunctionBundles,
} from "./bundled-packages.ts";

/**
 * The licences that an npm package in a bundle may have. The accepted licences only require a note with the name of the
 * package and its authors.
 */
const ACCEPTED_LICENCES: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
]);

/**
 * Returns one line of text for each npm package that has no accepted licence. If a package has alternative licences,
 * such as `MIT OR GPL-3.0`, one accepted licence is enough.
 */
export function findRefusedLicences(
  packages: readonly Pick<BundledPackage, "name" | "version" | "license">[],
): readonly string[] {
  return packages
    .filter(({ license }) => !alternatives(license).some((one) => ACCEPTED_LICENCES.has(one)))
    .map(({ name, version, license }) => `${name}@${version}: ${license}`);
}

const alternatives = (license: string): string[] => license.replace(/^\((.*)\)$/, "$1").split(" OR ");

if (import.meta.main) {
  readScriptArguments(
    `Lists the licence of every bundled npm package.

  npm run licenses

Exit status: 0, 1 if a licence is not accepted, 2 for wrong use.
`,
    {},
  );
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const packages = [
    ...(await listBundledPackages(root, await readFunctionBundles(root))),
    ...(await listBundledPackages(root, COMMAND_BUNDLES)),
  ];
  for (const { name, version, license } of packages)
    process.stdout.write(`${license.padEnd(14)} ${name}@${version}\n`);
  const refused = findRefusedLicences(packages);
  for (const line of refused) process.stderr.write(`licence not accepted: ${line}\n`);
  process.exitCode = refused.length > 0 ? 1 : 0;
}
