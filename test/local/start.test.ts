import { runCommand } from "../support/run-command.ts";

it("the demo says that it does not read CONFIG_FILE, and which command does", async () => {
  const env = { CONFIG_FILE: "/etc/mine.json", SERVICE_DIR: "/no/such/service" };
  const { code, stdout } = await runCommand(process.execPath, ["local/start.ts", "--demo"], { env });
  expect([code, stdout.split("\n")[0]]).toEqual([
    1,
    "CONFIG_FILE is not read: the demo brings a config of its own. `npm run stack` starts the stack with yours.",
  ]);
});

it("the demo has nothing to say of a CONFIG_FILE that is not set", async () => {
  const env = { SERVICE_DIR: "/no/such/service" };
  const { stdout } = await runCommand(process.execPath, ["local/start.ts"], { env });
  expect(stdout).not.toContain("CONFIG_FILE");
});
