import { unsetVariableThatDisablesCertificateChecks } from "../lib/http/connections.ts";
import { runCommandLine } from "./command-line.ts";
import { createProcessEnvironment, ignoreClosedOutputs } from "./process-environment.ts";
import { isServerCommand, runServerCommand, toServerHelp } from "./server-command.ts";

unsetVariableThatDisablesCertificateChecks(process.env);

const argv = toServerHelp(process.argv.slice(2));
if (isServerCommand(argv[0])) {
  ignoreClosedOutputs();
  process.exitCode = await runServerCommand(argv, process.env, process.stderr);
} else process.exitCode = await runCommandLine(argv, createProcessEnvironment());
