import { fileURLToPath } from "node:url";
import { type BundledPackage, bundledPackages } from "./bundled-packages.ts";

/** Licences that ask for no more than to be named: what is bundled may be used in anything. */
const TAKEN: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
]);

/** Packages whose licence is not on the list. Of alternatives (`MIT OR GPL-3.0`) one is enough. */
export function refusedLicences(
  packages: readonly Pick<BundledPackage, "name" | "version" | "license">[],
): readonly string[] {
  return packages
    .filter(({ license }) => !alternatives(license).some((one) => TAKEN.has(one)))
    .map(({ name, version, license }) => `${name}@${version}: ${license}`);
}

const alternatives = (license: string): string[] => license.replace(/^\((.*)\)$/, "$1").split(" OR ");

if (import.meta.main) {
  const packages = await bundledPackages(fileURLToPath(new URL("../..", import.meta.url)));
  const refused = refusedLicences(packages);
  for (const one of packages) process.stdout.write(`${one.license.padEnd(14)} ${one.name}@${one.version}\n`);
  for (const line of refused) process.stderr.write(`not on the list: ${line}\n`);
  process.exitCode = refused.length > 0 ? 1 : 0;
}
