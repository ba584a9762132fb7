import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { bundledPackages } from "./bundled-packages.ts";
import { cycloneDx } from "./cyclonedx.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const Product = z.object({ name: z.string(), version: z.string(), license: z.string() });

const product = Product.parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
const packages = await bundledPackages(ROOT);
await mkdir(join(ROOT, "build"), { recursive: true });
await writeFile(join(ROOT, "build/sbom.json"), `${JSON.stringify(cycloneDx(product, packages), null, 2)}\n`);
process.stdout.write(`build/sbom.json: ${packages.length} packages\n`);
