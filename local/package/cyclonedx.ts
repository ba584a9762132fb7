import type { BundledPackage } from "./bundled-packages.ts";

/**
 * A software bill of materials: CycloneDX 1.6, JSON. The same packages give the same document, so it carries neither
 * a time nor a random serial number. https://cyclonedx.org/docs/1.6/json/
 */
export function cycloneDx(
  product: { readonly name: string; readonly version: string; readonly license: string },
  packages: readonly BundledPackage[],
) {
  const root = purl(product);
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
      "bom-ref": purl(one),
      name: one.name,
      version: one.version,
      purl: purl(one),
      licenses: [{ expression: one.license }],
      ...(one.integrity === null ? {} : { hashes: [hashOf(one.integrity)] }),
      properties: one.functions.map((value) => ({ name: "function", value })),
    })),
    dependencies: [
      { ref: root, dependsOn: packages.map(purl) },
      ...packages.map((one) => ({ ref: purl(one) })),
    ],
  };
}

/** https://github.com/package-url/purl-spec: a scope's `@` is percent-encoded. */
function purl({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

/** The lockfile has base64, CycloneDX wants hexadecimal. */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = "", digest = ""] = integrity.split("-");
  const content = Buffer.from(digest, "base64").toString("hex");
  return { alg: algorithm.replace(/^sha(\d+)$/, "SHA-$1"), content };
}
