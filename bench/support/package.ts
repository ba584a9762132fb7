import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { packageService } from "../../local/package/package-service.ts";
import { unzip } from "../../local/package/unzip.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const State = z.looseObject({
  service: z.looseObject({ custom: z.looseObject({ esbuild: z.record(z.string(), z.unknown()) }) }),
});

export interface PackagedFunction {
  readonly name: string;
  /** The bundle. */
  readonly file: string;
  readonly bytes: number;
  readonly zipBytes: number;
}

export interface Packaged {
  readonly rootDir: string;
  /** Holds the compiled template and the zips. */
  readonly packageDir: string;
  /** A folder for made things, gone after `remove`. Outside of the repository: no node_modules is near. */
  readonly workDir: string;
  readonly functions: readonly PackagedFunction[];
  /** esbuild's settings as the service is packaged with them. */
  readonly esbuild: Readonly<Record<string, unknown>>;
  remove(): Promise<void>;
}

/** Packages this service and unpacks every function of it. */
export async function unpackService(): Promise<Packaged> {
  const packageDir = await packageService({ serviceDir: ROOT, buildDir: join(ROOT, "build", "packages") });
  const state = State.parse(JSON.parse(await readFile(join(packageDir, "serverless-state.json"), "utf8")));
  const workDir = await mkdtemp(join(tmpdir(), "bench-"));
  const zips = (await readdir(packageDir)).filter((file) => file.endsWith(".zip")).sort();
  const functions = await Promise.all(
    zips.map(async (zip): Promise<PackagedFunction> => {
      const name = zip.slice(0, -".zip".length);
      await unzip(join(packageDir, zip), join(workDir, name));
      const file = join(workDir, name, "functions", name, "handler.mjs");
      const [bundle, packed] = await Promise.all([stat(file), stat(join(packageDir, zip))]);
      return { name, file, bytes: bundle.size, zipBytes: packed.size };
    }),
  );
  return {
    rootDir: ROOT,
    packageDir,
    workDir,
    functions,
    esbuild: state.service.custom.esbuild,
    remove: () => rm(workDir, { recursive: true, force: true }),
  };
}

export function functionNamed({ functions }: Packaged, name: string): PackagedFunction {
  const found = functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the package has no function ${name}`);
  return found;
}
