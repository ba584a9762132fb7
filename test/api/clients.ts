import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sample } from "./samples.ts";
import { BUILD, JAVA_GENERATOR, npmTool, OAPI_CODEGEN, PYTHON_PATH, pythonTool, run } from "./tools.ts";

/** The files of a check in the folder `build/api-check`. */
export interface ApiFiles {
  readonly openApi: string;
  /** A JSON array of samples. */
  readonly samples: string;
}

/** A client that a tool generates from the OpenAPI document. Each client must compile and read every sample. */
type ClientCheck = (files: ApiFiles, samples: readonly Sample[]) => Promise<void>;

const sources = (name: string) => fileURLToPath(new URL(`./clients/${name}`, import.meta.url));

async function emptyFolder(name: string): Promise<string> {
  const folder = join(BUILD, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** TypeScript checks each sample as a literal, so an unknown field or an unknown enum value is an error. */
const checkTypeScript: ClientCheck = async ({ openApi }, samples) => {
  const folder = await emptyFolder("typescript");
  await run(npmTool("openapi-typescript"), [openApi, "-o", join(folder, "api.ts")]);
  const constants = samples.map(
    ({ schema, value }, i) =>
      `export const sample${i}: components["schemas"]["${schema}"] = ${JSON.stringify(value)};`,
  );
  const bodies = `type Body = paths["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"];
export const bodies: Body[] = [sample0, sample1];`;
  await writeFile(
    join(folder, "samples.ts"),
    `import type { components, paths } from "./api.js";\n${constants.join("\n")}\n${bodies}\n`,
  );
  const compilerOptions = { strict: true, noEmit: true, module: "nodenext", types: [] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["samples.ts"] }));
  await run(npmTool("tsc"), ["-p", folder]);
};

const checkPython: ClientCheck = async ({ openApi, samples }) => {
  const folder = await emptyFolder("python-client");
  const env = { PATH: PYTHON_PATH };
  const output = ["--meta", "none", "--output-path", join(folder, "notifier"), "--overwrite"];
  await run(
    pythonTool("openapi-python-client"),
    ["generate", "--path", openApi, "--fail-on-warning", ...output],
    { env },
  );
  await run(pythonTool("python"), ["-m", "compileall", "-q", folder]);
  await run(pythonTool("python"), [sources("read_samples.py"), samples], { env: { PYTHONPATH: folder } });
};

const checkGo: ClientCheck = async ({ openApi, samples }) => {
  const folder = await emptyFolder("go");
  await cp(sources("go"), folder, { recursive: true });
  await mkdir(join(folder, "notifier"));
  // Without `skip-prune`, oapi-codegen removes a schema that only a webhook uses, but not the type that needs the schema.
  const options = [
    "-package",
    "notifier",
    "-generate",
    "types,client,skip-prune",
    "-o",
    "notifier/notifier.go",
  ];
  await run(OAPI_CODEGEN, [...options, openApi], { cwd: folder });
  await run("go", ["run", ".", samples], { cwd: folder });
};

const checkJava: ClientCheck = async ({ openApi, samples }) => {
  const folder = await emptyFolder("java");
  const properties =
    "hideGenerationTimestamp=true,apiPackage=notifier,modelPackage=notifier,invokerPackage=notifier";
  await run("java", [
    ...["-jar", JAVA_GENERATOR, "generate", "-g", "java", "--library", "native"],
    ...["-i", openApi, "-o", folder, "--additional-properties", properties],
  ]);
  const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  await run("mvn", ["-q", "-B", copy, "-DoutputDirectory=lib", "-DincludeScope=compile"], { cwd: folder });
  const files = (await readdir(join(folder, "src/main/java/notifier"))).map(
    (name) => `src/main/java/notifier/${name}`,
  );
  const classPath = ["-cp", "lib/*:classes"];
  await run("javac", [...classPath, "-d", "classes", ...files, sources("ReadSamples.java")], { cwd: folder });
  await run("java", [...classPath, "ReadSamples", samples], { cwd: folder });
};

/** The checks of the generated clients by the name of the generator. */
export const CLIENT_CHECKS: Readonly<Record<string, ClientCheck>> = {
  "openapi-typescript": checkTypeScript,
  "openapi-python-client": checkPython,
  "oapi-codegen": checkGo,
  "openapi-generator (Java)": checkJava,
};
