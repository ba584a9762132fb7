import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { enforceCertificateChecks } from "../lib/http/connections.ts";
import { runCommandLine } from "./command-line.ts";
import { isServerCommand, runServerCommand } from "./server-command.ts";

enforceCertificateChecks(process.env);

// If a program such as `head` stops reading the output of the command early, this is not an error.
process.stdout.on("error", () => undefined);

const argv = process.argv.slice(2);
process.exitCode = isServerCommand(argv[0])
  ? await runServerCommand(argv, process.env, process.stderr)
  : await runCommandLine(argv, {
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      readText: (file) => (file === "-" ? text(process.stdin) : readFile(file, "utf8")),
      now: () => performance.now(),
      wait: (ms) => setTimeout(ms),
    });
