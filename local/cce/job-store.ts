import * as z from "zod";
import { JobScript, type JobScriptInput } from "./job-script.ts";
import { findScript, type Run, renderJob } from "./render.ts";

const JobRequest = z.strictObject({ project: z.string().min(1), script: JobScript });

/** The running scripts, by project ID. */
export class JobStore {
  readonly #now: () => number;
  readonly #speed: number;
  readonly #runs = new Map<string, Run[]>();

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  add(projectId: string, input: JobScriptInput): string {
    const run = { script: JobScript.parse(input), addedAtMs: this.#now(), speed: this.#speed };
    this.#runs.set(projectId, [...(this.#runs.get(projectId) ?? []), run]);
    return run.script.jobId;
  }

  /** Adds a job as asked for over HTTP; throws for what is no such request. */
  addRequested(body: unknown): string {
    const { project, script } = JobRequest.parse(body);
    return this.add(project, script);
  }

  /** A job or subjob as CCE shows it now; null for one it does not know or that has not begun. */
  show(projectId: string, jobId: string): Record<string, unknown> | null {
    for (const run of this.#runs.get(projectId) ?? []) {
      const script = findScript(run.script, jobId);
      if (script !== null) return renderJob({ ...run, script }, this.#now());
    }
    return null;
  }
}
