import { spawn, spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The folder of the installed tools, of the generated clients and of the collected answers. */
export const BUILD = join(ROOT, "build/api-check");

/** The exact versions of all tools. TypeScript 5 is what openapi-typescript needs. */
const NPM_PACKAGES = [
  "@redocly/cli@2.77.0",
  "@stoplight/spectral-cli@6.16.3",
  "openapi-typescript@7.13.0",
  "typescript@5.9.3",
];
const PYTHON_PACKAGES = [
  "openapi-spec-validator==0.9.0",
  "openapi-python-client==0.29.1",
  "ruff==0.17.6",
  "schemathesis==4.32.5",
];
const GO_PACKAGE = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2";
const JAVA_ARTIFACT = "org.openapitools:openapi-generator-cli:7.14.0";
const MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

const NEEDED_PROGRAMS: Readonly<Record<string, string>> = {
  python3: "Python 3.11 or newer, with the module venv",
  go: "Go 1.26 or newer",
  java: "a Java runtime, version 17 or newer",
  javac: "a Java development kit, version 17 or newer",
  mvn: "Apache Maven 3",
};

const npmFolder = join(BUILD, "npm");
const pythonFolder = join(BUILD, "python");
const goFolder = join(BUILD, "go-tools");
const javaFolder = join(BUILD, "java-tools");

export const npmTool = (name: string) => join(npmFolder, "node_modules/.bin", name);
export const pythonTool = (name: string) => join(pythonFolder, "bin", name);
export const PYTHON_PATH = `${join(pythonFolder, "bin")}:${process.env.PATH}`;
export const OAPI_CODEGEN = join(goFolder, "oapi-codegen");
export const JAVA_GENERATOR = join(javaFolder, "openapi-generator-cli-7.14.0.jar");

/** A command that ended with another exit code than 0. The message contains the output of the command. */
export class CommandFailedError extends Error {
  override readonly name = "CommandFailedError";
}

/**
 * Runs a command and returns its output. `node` is the Node.js of this process also in the commands.
 * @throws CommandFailedError
 */
export async function run(
  command: string,
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`,
    ...options.env,
  };
  const child = spawn(command, parameters, {
    cwd: options.cwd ?? ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  const outputs = await Promise.all([text(child.stdout), text(child.stderr)]);
  const output = outputs.join("");
  if ((await code) !== 0) throw new CommandFailedError(`${command} ${parameters.join(" ")}\n${output}`);
  return output;
}

/** Returns a sentence for each program that this machine lacks. */
export function findMissingPrograms(): readonly string[] {
  return Object.entries(NEEDED_PROGRAMS)
    .filter(([name]) => spawnSync(name, [name === "go" ? "version" : "--version"]).error !== undefined)
    .map(([name, text]) => `npm run api:check needs '${name}': install ${text}.`);
}

/** Installs all tools into the folder `build/api-check`, unless the same versions are installed already. */
export async function installTools(): Promise<void> {
  const marker = join(BUILD, "versions.json");
  const versions = JSON.stringify([NPM_PACKAGES, PYTHON_PACKAGES, GO_PACKAGE, JAVA_ARTIFACT]);
  if ((await readFile(marker, "utf8").catch(() => "")) === versions) return;
  await Promise.all([npmFolder, javaFolder].map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all([
    run("npm", ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", npmFolder, ...NPM_PACKAGES]),
    installPythonPackages(),
    run("go", ["install", GO_PACKAGE], { env: { GOBIN: goFolder } }),
    run("mvn", ["-q", "-B", MAVEN_COPY, `-Dartifact=${JAVA_ARTIFACT}`, `-DoutputDirectory=${javaFolder}`]),
  ]);
  await writeFile(marker, versions);
}

async function installPythonPackages(): Promise<void> {
  await run("python3", ["-m", "venv", pythonFolder]);
  await run(pythonTool("pip"), ["install", "-q", "--disable-pip-version-check", ...PYTHON_PACKAGES]);
}
