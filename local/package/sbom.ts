import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { readScriptArguments } from "../ops/script-arguments.ts";
import { type BundledPackage, listBundledPackages, readFunctionBundles } from "./bundled-packages.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const Product = z.object({ name: z.string(), version: z.string(), license: z.string() });

/**
 * Returns a software bill of materials (a list of the bundled npm packages) in the JSON format of CycloneDX 1.6. The
 * bill of materials contains no time and no random number, so the same packages result in the same JSON text.
 */
export function createBillOfMaterials(product: z.infer<typeof Product>, packages: readonly BundledPackage[]) {
  const root = packageUrl(product);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name: product.name,
        version: product.version,
        purl: root,
        licenses: [{ expression: product.license }],
      },
    },
    components: packages.map((one) => ({
      type: "library",
      "bom-ref": packageUrl(one),
      name: one.name,
      version: one.version,
      purl: packageUrl(one),
      licenses: [{ expression: one.license }],
      ...(one.integrity === null ? {} : { hashes: [toHash(one.integrity)] }),
      properties: one.bundles.map((value) => ({ name: "bundle", value })),
    })),
    dependencies: [
      { ref: root, dependsOn: packages.map(packageUrl) },
      ...packages.map((one) => ({ ref: packageUrl(one) })),
    ],
  };
}

/**
 * Returns the package URL (purl) of an npm package. The `@` in the scope of an npm package is percent-encoded.
 * https://github.com/package-url/purl-spec
 */
function packageUrl({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** Converts a hash in base64 from package-lock.json to hexadecimal digits, which CycloneDX requires. */
function toHash(integrity: string): { alg: string; content: string } {
  const [algorithm = "", digest = ""] = integrity.split("-");
  const content = Buffer.from(digest, "base64").toString("hex");
  return { alg: algorithm.replace(/^sha(\d+)$/, "SHA-$1"), content };
}

if (import.meta.main) {
  readScriptArguments(
    `Writes build/sbom.json: the npm packages in the bundles of the Lambda functions (CycloneDX 1.6).

  npm run sbom
`,
    {},
  );
  const product = Product.parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  const packages = await listBundledPackages(ROOT, await readFunctionBundles(ROOT));
  await mkdir(join(ROOT, "build"), { recursive: true });
  const document = JSON.stringify(createBillOfMaterials(product, packages), null, 2);
  await writeFile(join(ROOT, "build/sbom.json"), `${document}\n`);
  process.stdout.write(`build/sbom.json: ${packages.length} packages\n`);
}
