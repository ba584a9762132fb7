import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import {
  type BundledPackage,
  COMMAND_BUNDLES,
  listBundledPackages,
  readFunctionBundles,
} from "../../../local/package/bundled-packages.ts";
import { findRefusedLicences } from "../../../local/package/licences.ts";
import { createBillOfMaterials } from "../../../local/package/sbom.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
      bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
    }),
  ),
});
const Versions = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

let packages: readonly BundledPackage[];
let commandPackages: readonly BundledPackage[];
beforeAll(async () => {
  packages = await listBundledPackages(ROOT, await readFunctionBundles(ROOT));
  commandPackages = await listBundledPackages(ROOT, COMMAND_BUNDLES);
});

const readJson = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(ROOT, file), "utf8"));

test("every bundled package has an accepted licence", () => {
  expect(packages.length).toBeGreaterThan(10);
  expect(findRefusedLicences(packages)).toEqual([]);
  expect(commandPackages.length).toBeGreaterThan(10);
  expect(findRefusedLicences(commandPackages)).toEqual([]);
});

test("a licence outside the list is refused unless the package offers an accepted alternative", () => {
  const licensed = (license: string) => ({ name: "a", version: "1.0.0", license });
  expect(
    findRefusedLicences([licensed("GPL-3.0"), licensed("none"), licensed("MIT AND GPL-3.0")]),
  ).toHaveLength(3);
  expect(findRefusedLicences([licensed("(MIT OR GPL-3.0)"), licensed("ISC")])).toEqual([]);
});

test("no bundled package needs an install script", async () => {
  const lock = Lock.parse(await readJson("package-lock.json"));
  const scripted = packages.filter(({ name }) => lock.packages[`node_modules/${name}`]?.hasInstallScript);
  expect(scripted).toEqual([]);
});

test("no package runs an install script, and package.json says so for each package with such a script", async () => {
  const lock = Lock.parse(await readJson("package-lock.json"));
  const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  // npm 11 and later warns of every package that is not in this list.
  const { allowScripts } = z
    .object({ allowScripts: z.record(z.string(), z.literal(false)) })
    .parse(await readJson("package.json"));
  const names = scripted.filter(([path]) => path !== "").map(([path]) => path.split("node_modules/").at(-1));
  expect(Object.keys(allowScripts)).toEqual([...new Set(names)].sort());
});

test("the lockfile has a hash for every package, also for the packages that contain Node.js", async () => {
  const lock = Lock.parse(await readJson("package-lock.json"));
  const installed = Object.entries(lock.packages).filter(([path, { link }]) => path !== "" && link !== true);
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);

  const nodes = installed.filter(([, { bin }]) => typeof bin === "object" && Object.hasOwn(bin, "node"));
  expect(nodes.length).toBeGreaterThan(0);
  expect(
    nodes.filter(([, { version, hasInstallScript }]) => hasInstallScript || !version?.startsWith("24.")),
  ).toEqual([]);
});

test("every dependency has an exact version", async () => {
  const { dependencies, devDependencies, optionalDependencies } = Versions.parse(
    await readJson("package.json"),
  );
  const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

test("the bill of materials lists each package with its purl, its hash and its bundles", () => {
  const bom = createBillOfMaterials({ name: "cce-job-notifier", version: "0.1.0", license: "MIT" }, packages);
  expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  const middy = bom.components.find(({ name }) => name === "@middy/core");
  expect(middy).toMatchObject({
    purl: expect.stringMatching(/^pkg:npm\/%40middy\/core@\d/),
    hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
    licenses: [{ expression: "MIT" }],
  });
  expect(middy?.properties.map(({ value }) => value)).toEqual(expect.arrayContaining(["poll", "notify"]));
  const refs = [bom.metadata.component["bom-ref"], ...bom.components.map((one) => one["bom-ref"])];
  expect(new Set(refs).size).toBe(refs.length);
  expect(bom.dependencies.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted());
});
