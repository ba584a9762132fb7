import { randomUUID } from "node:crypto";
import * as z from "zod";

const Fields = z.strictObject({
  jobId: z.string().default(() => randomUUID()),
  type: z.string(),
  /** The start of the subjob, in seconds after the job was added to the simulator. */
  startSeconds: z.number().min(0).default(0),
  /**
   * The end of the job or subjob, in seconds after the job was added to the simulator. The simulator's `speed` is the
   * number of seconds of a script that pass in one real second. `endSeconds` is null for a job that never ends.
   */
  endSeconds: z.number().min(0).nullable(),
  outcome: z.enum(["Success", "Failed"]).default("Success"),
  reason: z.string().optional(),
  clusterId: z.string().optional(),
  resourceId: z.string().optional(),
  resourceName: z.string().optional(),
  /** If true, only a query for this subjob itself returns its failure reason and its own subjobs. */
  briefInParent: z.boolean().default(false),
  /** True if the job belongs to an Autopilot cluster. For a subjob, the field `autopilot` has no effect. */
  autopilot: z.boolean().default(false),
});

/**
 * The script of a simulated job. A script says when the job and its subjobs start and end, and what their outcomes are.
 */
const JobScript = Fields.extend({
  get subJobs() {
    return z.array(JobScript).default([]);
  },
});
type JobScript = z.infer<typeof JobScript>;
/** The script of a simulated job, in which fields with a default value can be missing. */
export type JobScriptInput = z.input<typeof JobScript>;

const JobRequest = z.strictObject({ project: z.string().min(1), script: JobScript });

interface RunningJob {
  readonly script: JobScript;
  readonly addedAtMs: number;
  /** The speed of the simulated jobs, which is the number of seconds of a script in one real second. */
  readonly speed: number;
}

/** The simulated jobs of all projects. A simulated job starts as soon as the job is added. */
export class SimulatedJobs {
  readonly #now: () => number;
  readonly #speed: number;
  readonly #jobs = new Map<string, RunningJob[]>();

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  add(projectId: string, input: JobScriptInput): string {
    const job = { script: JobScript.parse(input), addedAtMs: this.#now(), speed: this.#speed };
    this.#jobs.set(projectId, [...(this.#jobs.get(projectId) ?? []), job]);
    return job.script.jobId;
  }

  /**
   * Adds the job that a request `POST /__sim/jobs` describes, and returns the job's ID.
   * @throws ZodError if the request body is invalid.
   */
  addRequested(body: unknown): string {
    const { project, script } = JobRequest.parse(body);
    return this.add(project, script);
  }

  /**
   * Ends a simulated job whose script has no end. The states of the subjobs do not change.
   * @throws Error if no job has the given ID.
   */
  end(jobId: string): void {
    for (const [projectId, jobs] of this.#jobs) {
      const index = jobs.findIndex(({ script }) => script.jobId === jobId);
      const job = jobs[index];
      if (job === undefined) continue;
      const endSeconds = ((this.#now() - job.addedAtMs) / 1000) * job.speed;
      this.#jobs.set(projectId, jobs.with(index, { ...job, script: { ...job.script, endSeconds } }));
      return;
    }
    throw new Error(`the simulator has no job ${jobId}`);
  }

  hasAutopilot(projectId: string): boolean {
    return this.#jobsOf(projectId, true).length > 0;
  }

  /**
   * Returns the current state of a job or subjob in the JSON format of CCE, or null if no job or subjob has this ID.
   * @param isAutopilot true for the jobs of Autopilot clusters, false for all other jobs.
   */
  render(projectId: string, jobId: string, isAutopilot: boolean): Record<string, unknown> | null {
    for (const job of this.#jobsOf(projectId, isAutopilot)) {
      const script = findScript(job.script, jobId);
      if (script !== null) return renderJob({ ...job, script }, this.#now());
    }
    return null;
  }

  /** Returns CCE's job list for a project as JSON. */
  list(projectId: string, isAutopilot: boolean): readonly Record<string, unknown>[] {
    return this.#jobsOf(projectId, isAutopilot).map((job) => toListed(renderJob(job, this.#now())));
  }

  #jobsOf(projectId: string, isAutopilot: boolean): readonly RunningJob[] {
    return (this.#jobs.get(projectId) ?? []).filter(({ script }) => script.autopilot === isAutopilot);
  }
}

/** Converts a job in the format of API version 3 to the format of version 2, in which CCE lists jobs. */
function toListed(job: Record<string, unknown>): Record<string, unknown> {
  const { metadata, spec, status } = Rendered.parse(job);
  return {
    kind: "Job",
    apiVersion: "v2",
    metadata,
    spec: {
      type: spec.type,
      clusteruid: spec.clusterUID,
      resourceid: spec.resourceID,
      resourcename: spec.resourceName,
      subjobs: spec.subJobs.map(toListed),
    },
    status: { status: status.phase, reason: status.reason },
  };
}

const Text = z.string().optional();
const Rendered = z.object({
  metadata: z.record(z.string(), z.unknown()),
  spec: z.object({
    type: Text,
    clusterUID: Text,
    resourceID: Text,
    resourceName: Text,
    subJobs: z.array(z.record(z.string(), z.unknown())),
  }),
  status: z.object({ phase: z.string(), reason: z.string() }),
});

function findScript(script: JobScript, jobId: string): JobScript | null {
  if (script.jobId === jobId) return script;
  for (const subJob of script.subJobs) {
    const found = findScript(subJob, jobId);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Returns the state of a job at one moment, in the JSON format of CCE's API version 3. The state of a job contains only
 * subjobs that have started.
 */
function renderJob({ script, addedAtMs, speed }: RunningJob, nowMs: number): Record<string, unknown> {
  const elapsedSeconds = ((nowMs - addedAtMs) / 1000) * speed;
  const timestamp = (seconds: number) => formatGoTime(addedAtMs + (seconds / speed) * 1000);
  const render = (node: JobScript, isQueried: boolean): Record<string, unknown> => {
    const hasEnded = node.endSeconds !== null && elapsedSeconds >= node.endSeconds;
    const showsDetails = isQueried || !node.briefInParent;
    const started = node.subJobs.filter((subJob) => subJob.startSeconds <= elapsedSeconds);
    return {
      kind: "Job",
      apiVersion: "v3",
      metadata: {
        uid: node.jobId,
        creationTimestamp: timestamp(node.startSeconds),
        updateTimestamp: timestamp(Math.min(elapsedSeconds, node.endSeconds ?? elapsedSeconds)),
      },
      spec: {
        type: node.type,
        clusterUID: node.clusterId,
        resourceID: node.resourceId,
        resourceName: node.resourceName,
        subJobs: showsDetails ? started.map((subJob) => render(subJob, false)) : [],
      },
      status: {
        phase: hasEnded ? node.outcome : elapsedSeconds < 1 ? "Initializing" : "Running",
        reason: hasEnded && showsDetails ? (node.reason ?? "") : "",
      },
    };
  };
  return render(script, true);
}

/** Formats a time in the default format of the Go language, for example `2018-08-02 08:12:40.672000 +0000 UTC`. */
export const formatGoTime = (ms: number): string =>
  `${new Date(ms).toISOString().replace("T", " ").replace("Z", "")}000 +0000 UTC`;
