import { fileURLToPath } from "node:url";
import { runCommand } from "../support/run-command.ts";

const CHECK = fileURLToPath(new URL("./check.ts", import.meta.url));

test("npm run api:check names every program that this machine lacks, and fails", async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [CHECK], { env: { PATH: "/nowhere" } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(line).toMatch(/^npm run api:check needs '\w+': install .+\.$/);
});
