import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { parseJson } from "../../lib/domain/json.ts";

/** The folder of the stage files, `<stage>.json`. serverless.yml reads the same files. */
const STAGES_FOLDER = fileURLToPath(new URL("../../stages", import.meta.url));

/** The rule of the Serverless Framework. The stage is part of every name on AWS. */
export const STAGE_NAME = /^[a-zA-Z0-9-]+$/;

const PositiveInteger = z.int().min(1).optional();

/** The region of a stage, and the parameters of serverless.yml. All are optional. */
export const StageFile = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as eu-central-1")
    .optional(),
  alarmEmail: z.string().optional(),
  runbookUrl: z.string().min(1).optional(),
  pollConcurrency: PositiveInteger,
  notifyConcurrency: PositiveInteger,
  apiRatePerSecond: PositiveInteger,
  apiBurst: PositiveInteger,
  runawayPollsPerHour: PositiveInteger,
  memoryMegabytes: PositiveInteger,
  logRetentionDays: PositiveInteger,
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).optional(),
  ledgerOnRemoval: z.enum(["Retain", "Delete"]).optional(),
});
export type StageFile = z.infer<typeof StageFile>;

/** A stage file has faults. The message lists all of them. */
export class StageFileError extends Error {
  override name = "StageFileError";

  constructor(file: string, faults: readonly string[]) {
    super(`${file} is invalid:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  }
}

/**
 * Reads a stage file. Returns null when the stage has no file.
 * @throws StageFileError
 */
export async function readStageFile(stage: string, folder = STAGES_FOLDER): Promise<StageFile | null> {
  const file = `stages/${stage}.json`;
  const text = await readFile(join(folder, `${stage}.json`), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  const document = parseJson(text);
  if (document === undefined) throw new StageFileError(file, ["must be JSON"]);
  const parsed = StageFile.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new StageFileError(file, faults);
}

// `npm run stages` checks all stage files before a deployment. The framework ignores misspelled parameters.
if (import.meta.main)
  for (const name of await readdir(STAGES_FOLDER))
    if (name.endsWith(".json"))
      await readStageFile(name.slice(0, -".json".length)).catch((error: unknown) => {
        if (!(error instanceof StageFileError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      });
