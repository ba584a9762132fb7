import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

/** One file per stage, `<stage>.json`; serverless.yml reads the same. */
export const STAGES = fileURLToPath(new URL("../../stages", import.meta.url));

/** As the framework takes it: the stage is part of every name in AWS. */
export const STAGE_NAME = /^[a-zA-Z0-9-]+$/;

const whole = z.int().min(1);

/** The parameters of serverless.yml, each optional, and the stage's region. */
export const StageFile = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region of AWS such as eu-central-1")
    .optional(),
  alarmEmail: z.string().optional(),
  runbookUrl: z.string().min(1).optional(),
  pollConcurrency: whole.optional(),
  notifyConcurrency: whole.optional(),
  apiRatePerSecond: whole.optional(),
  apiBurst: whole.optional(),
  runawayPollsPerHour: whole.optional(),
  memoryMegabytes: whole.optional(),
  logRetentionDays: whole.optional(),
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).optional(),
  ledgerOnRemoval: z.enum(["Retain", "Delete"]).optional(),
});
export type StageFile = z.infer<typeof StageFile>;

/** A stage's file has faults: all of them, each with its place. */
export class StageFileError extends Error {
  override name = "StageFileError";

  constructor(file: string, faults: readonly string[]) {
    super(`${file} has faults:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  }
}

/** Reads a stage's file; null where it has none. Throws `StageFileError`. */
export async function readStageFile(stage: string, folder = STAGES): Promise<StageFile | null> {
  const file = `stages/${stage}.json`;
  const text = await readFile(join(folder, `${stage}.json`), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new StageFileError(file, ["(the document): is not JSON"]);
  }
  const parsed = StageFile.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new StageFileError(
    file,
    parsed.error.issues.map(({ path, message }) => `${path.join(".") || "(the document)"}: ${message}`),
  );
}
