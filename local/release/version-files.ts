import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NUMBER = String.raw`\d+\.\d+\.\d+`;

/**
 * The files that contain the version of the product, and the text before the version. Each file must contain the
 * version, except files of an entry with `optional: true`. The optional files refer to a release, for example as
 * `cce-job-notifier@v1.2.3`.
 */
const LOCATIONS: readonly {
  readonly files: readonly string[];
  readonly before: RegExp;
  readonly optional?: true;
}[] = [
  { files: ["package.json"], before: /(?<=^ {2}"version": ")/ },
  { files: ["package-lock.json"], before: /(?<="name": "cce-job-notifier",\n +"version": ")/ },
  { files: ["client/usage.ts"], before: /(?<=^export const VERSION = ")/ },
  { files: ["deploy/helm/cce-notifier/Chart.yaml"], before: /(?<=^(?:version|appVersion): )/ },
  { files: ["deploy/kubernetes/cce-notifier.yaml"], before: /(?<= image: "cce-notifier:)/ },
  {
    files: [
      "docs/command.md",
      "examples/README.md",
      "examples/gitlab/.gitlab-ci.yml",
      "examples/jenkins/Jenkinsfile",
      "examples/**/*.{yml,tf}",
      "modules/watch/README.md",
    ],
    before: /(?<=cce-job-notifier\S{0,100}(?:@|\?ref=)v|`@v|refs\/tags\/v|\bcce-notifier-)/,
    optional: true,
  },
];

/** The files that contain the product's version, and the versions in each file. */
export async function readVersions(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const versions = new Map<string, readonly string[]>();
  await forEachLocation(root, async (file, text, pattern) => {
    versions.set(file, [...(versions.get(file) ?? []), ...[...text.matchAll(pattern)].map(([one]) => one)]);
    return text;
  });
  return versions;
}

/**
 * Writes the new version of the product into every file that contains the version.
 * @throws Error if a file does not contain the version
 */
export async function writeVersion(root: string, version: string): Promise<void> {
  await forEachLocation(root, async (_, text, pattern) => text.replace(pattern, version));
}

async function forEachLocation(
  root: string,
  change: (file: string, text: string, pattern: RegExp) => Promise<string>,
): Promise<void> {
  for (const { files, before, optional } of LOCATIONS) {
    const pattern = new RegExp(`${before.source}${NUMBER}`, "gm");
    for (const file of globSync(files, { cwd: root })) {
      const path = join(root, file);
      const text = await readFile(path, "utf8");
      if (text.search(pattern) === -1) {
        if (optional) continue;
        throw new Error(`${file} does not contain the version where the version must be`);
      }
      const changed = await change(file, text, pattern);
      if (changed !== text) await writeFile(path, changed);
    }
  }
}
