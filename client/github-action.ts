// The program of the GitHub Action that action.yml describes. A release contains the program as one bundled file.
import { createProcessEnvironment } from "./process-environment.ts";
import { runGithubAction } from "./run-github-action.ts";

process.exitCode = await runGithubAction(createProcessEnvironment());
