// The GitHub Action of this repository (action.yml). A release bundles this file into one file.
import { createProcessEnvironment } from "./process-environment.ts";
import { runGithubAction } from "./run-github-action.ts";

process.exitCode = await runGithubAction(createProcessEnvironment());
