import { runCommand } from "../support/run-command.ts";

it("the demo ignores CONFIG_FILE and names the command that uses it", async () => {
  const env = { CONFIG_FILE: "/etc/mine.json", SERVICE_DIR: "/no/such/service" };
  const { code, stdout } = await runCommand(process.execPath, ["local/start.ts", "--demo"], { env });
  expect([code, stdout.split("\n")[0]]).toEqual([
    1,
    "The demo ignores CONFIG_FILE and uses its own config. `npm run stack` uses CONFIG_FILE.",
  ]);
});

it("the demo does not mention CONFIG_FILE when it is not set", async () => {
  const env = { SERVICE_DIR: "/no/such/service" };
  const { stdout } = await runCommand(process.execPath, ["local/start.ts"], { env });
  expect(stdout).not.toContain("CONFIG_FILE");
});
