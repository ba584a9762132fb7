import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageService } from "../../local/package/package-service.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A small service of the tests' own, with functions that do as they are told. */
export const TOY_SERVICE = join(ROOT, "test/fixtures/service");

/** Packages it (once, as long as nothing in it changes) and answers the package's folder. */
export function packageToyService(): Promise<string> {
  return packageService({ serviceDir: TOY_SERVICE, buildDir: join(ROOT, "build/packages") });
}
