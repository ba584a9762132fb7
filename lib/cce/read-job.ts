import type { Job } from "../domain/job.ts";
import { fieldsOf } from "./json-fields.ts";
import { readNode } from "./node.ts";

/** Real trees have three levels and some dozen jobs. Beyond these bounds the rest is left out, with a warning. */
const MAX_LEVELS = 256;
const MAX_JOBS = 50_000;

interface Walk {
  jobs: number;
  cut: boolean;
  readonly unknownPhases: Set<string>;
}

/**
 * Reads the body of a reply to a job query, v3 or v2. Null when it is not a job. The parent's phase is the truth:
 * it is never computed from its subjobs. Whatever had to be left out or guessed is told in `warnings`.
 * Source: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0371.html
 */
export function readJob(body: string): { job: Job; warnings: readonly string[] } | null {
  const document = parseJson(body);
  if (fieldsOf(document).kind !== "Job") return null;
  const walk: Walk = { jobs: 0, cut: false, unknownPhases: new Set() };
  const job = readTree(document, 1, walk);
  return job === null ? null : { job, warnings: warningsOf(job, walk) };
}

function readTree(entry: unknown, level: number, walk: Walk): Job | null {
  const node = readNode(entry);
  if (node === null) return null;
  walk.jobs += 1;
  if (!node.knownPhase && node.job.phase !== null) walk.unknownPhases.add(node.job.phase);
  const subJobs: Job[] = [];
  for (const below of node.entries) {
    if (level >= MAX_LEVELS || walk.jobs >= MAX_JOBS) {
      walk.cut = true;
      break;
    }
    const subJob = readTree(below, level + 1, walk);
    if (subJob !== null) subJobs.push(subJob);
  }
  return { ...node.job, subJobs };
}

function warningsOf(job: Job, walk: Walk): string[] {
  const warnings: string[] = [];
  if (job.phase === null) warnings.push("CCE gives this job no phase; it is taken as still running");
  const unknown = [...walk.unknownPhases].slice(0, 3).map((phase) => `'${phase.slice(0, 40)}'`);
  if (unknown.length > 0) warnings.push(`unknown phase ${unknown.join(", ")} is taken as still running`);
  if (job.state === "succeeded" && job.subJobs.some(hasFailure))
    warnings.push("CCE calls this job a success although a subjob failed");
  if (walk.cut) warnings.push(`the job's tree is cut: more than ${MAX_JOBS} jobs or ${MAX_LEVELS} levels`);
  return warnings;
}

const hasFailure = (job: Job): boolean => job.state === "failed" || job.subJobs.some(hasFailure);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
