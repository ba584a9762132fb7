import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../../client/usage.ts";
import { readVersions, writeVersion } from "../../../local/release/version-files.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("every version and every reference to a release has the version of the package", async () => {
  const versions = await readVersions(ROOT);
  expect([...versions.keys()]).toEqual(
    expect.arrayContaining([
      "package.json",
      "package-lock.json",
      "client/usage.ts",
      "examples/gitlab/.gitlab-ci.yml",
      "examples/jenkins/Jenkinsfile",
    ]),
  );
  for (const [file, found] of versions) expect([file, new Set(found)]).toEqual([file, new Set([VERSION])]);
});

test("a new version is written into every file, and a file without a version is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "versions-"));
  const files = [...(await readVersions(ROOT)).keys()];
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file));
  }
  await writeVersion(folder, "12.34.56");
  const written = await readVersions(folder);
  expect([...written.keys()]).toEqual(files);
  expect(new Set([...written.values()].flat())).toEqual(new Set(["12.34.56"]));
  await writeFile(join(folder, "client/usage.ts"), "export const NUMBER = 1;\n");
  await expect(writeVersion(folder, "12.34.57")).rejects.toThrow(
    "client/usage.ts does not contain the version",
  );
  await rm(folder, { recursive: true });
});
