import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { type ApiFiles, CLIENT_CHECKS } from "./clients.ts";
import { LINTERS } from "./lint.ts";
import { startApiUnderTest } from "./samples.ts";
import { runSchemathesis } from "./schemathesis.ts";
import { BUILD, CommandFailedError, findMissingPrograms, installTools } from "./tools.ts";

/** Runs one step, and prints the name and the duration of the step. Returns false if a command of the step failed. */
async function step(name: string, work: () => Promise<unknown>): Promise<boolean> {
  const startedAt = performance.now();
  try {
    await work();
    process.stdout.write(`passed  ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailedError)) throw error;
    process.stdout.write(`FAILED  ${name}\n${error.message}\n`);
    return false;
  }
}

/**
 * `npm run api:check` checks the OpenAPI document of the running service: linters read the document, generated clients
 * of four languages read real answers, and Schemathesis calls the service. Arguments select steps by name.
 */
async function main(selected: readonly string[]): Promise<number> {
  const missing = findMissingPrograms();
  for (const sentence of missing) process.stderr.write(`${sentence}\n`);
  if (missing.length > 0) return 1;
  await mkdir(BUILD, { recursive: true });
  if (!(await step("installation of the tools", installTools))) return 1;
  const api = await startApiUnderTest();
  const { openApiJson, samples } = api;
  try {
    const files: ApiFiles = { openApi: join(BUILD, "openapi.json"), samples: join(BUILD, "samples.json") };
    await writeFile(files.openApi, openApiJson);
    await writeFile(files.samples, JSON.stringify(samples, null, 2));
    const runSelected = async (name: string, work: () => Promise<unknown>): Promise<boolean[]> =>
      selected.length === 0 || selected.includes(name) ? [await step(name, work)] : [];
    // Schemathesis mostly waits for answers, so the generators work in the meantime.
    const schemathesis = runSelected("Schemathesis", () => runSchemathesis(api));
    const results: boolean[] = [];
    for (const [name, check] of Object.entries({ ...LINTERS, ...CLIENT_CHECKS }))
      results.push(...(await runSelected(name, () => check(files, samples))));
    results.push(...(await schemathesis));
    const failed = results.filter((passed) => !passed).length;
    process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    await api.stop();
  }
}

const STEPS = [...Object.keys(LINTERS), ...Object.keys(CLIENT_CHECKS), "Schemathesis"];
const USAGE = `Checks the OpenAPI document of the running service with linters, generated clients and Schemathesis.

  npm run api:check [-- STEP...]   runs all steps, or only the named steps

Steps: ${STEPS.join(", ")}.
Needs Python, Go, a Java development kit and Maven. Exit status: 0, 1 if a step failed, 2 for wrong use.
`;
const selected = readScriptArguments(USAGE, { allowPositionals: true }, ({ positionals }) => {
  const unknown = positionals.find((name) => !STEPS.includes(name));
  if (unknown !== undefined) throw new UsageError(`unknown step '${unknown}'`);
  return positionals;
});
process.exitCode = await main(selected);
