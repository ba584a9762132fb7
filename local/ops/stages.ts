import { readdir } from "node:fs/promises";
import { readStageFile, STAGES, StageFileError } from "./stage-file.ts";

// Before a deployment: the framework takes a misspelled parameter for none, and would set the real one to its default.
for (const name of await readdir(STAGES))
  if (name.endsWith(".json"))
    await readStageFile(name.slice(0, -".json".length)).catch((error: unknown) => {
      if (!(error instanceof StageFileError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    });
