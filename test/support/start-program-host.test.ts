import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { type ProgramHost, startProgramHost } from "./start-program-host.ts";

let folder: string;
let host: ProgramHost;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "programs-"));
  host = startProgramHost();
});
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true });
});

async function write(code: string): Promise<string> {
  const file = join(folder, "program.mjs");
  await writeFile(file, code);
  return file;
}

it.each([
  ["process.argv and an environment variable", "console.log(process.argv, process.env.COLOUR)"],
  ["process.exit in a function", "setTimeout(() => {}, 1e6); const end = () => process.exit(3); end();"],
  ["process.exitCode", "process.exitCode = 4; console.error('wrong');"],
  ["process.exit without a status", "process.exitCode = 5; process.exit();"],
])("a program has the same result as in a process of its own: %s", async (_, code) => {
  const file = await write(code);
  const env = { COLOUR: "blue" };
  const expected = await runCommand(process.execPath, [file, "a", "--b"], { env });
  expect(await host.run(file, ["a", "--b"], env)).toEqual(expected);
});

it("a program that throws an error has exit status 1 and a stack trace", async () => {
  const ran = await host.run(await write("throw new Error('broken')"), []);
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/Error: broken\n +at .*program\.mjs/) });
});

it("a program gets no environment variable and no exit status of the program before it", async () => {
  await host.run(await write("process.env.LEFT = 'x'; process.exitCode = 7"), [], { GIVEN: "y" });
  const ran = await host.run(await write("console.log(process.env.LEFT, process.env.GIVEN)"), []);
  expect(ran).toEqual({ code: 0, stdout: "undefined undefined\n", stderr: "" });
});

it("a program whose process would not end is an error", async () => {
  const file = await write("import { createServer } from 'node:net'; createServer().listen(0, '127.0.0.1')");
  const hasty = startProgramHost(500);
  await expect(hasty.run(file, [])).rejects.toThrow("the program leaves open: TCPServerWrap");
  await hasty.stop();
});
