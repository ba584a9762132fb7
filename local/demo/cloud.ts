/** A job of the demo: what the API is told about it, and what people call it. */
export interface DemoJob {
  readonly title: string;
  readonly jobId: string;
  /** Besides project and job ID. */
  readonly submission: Readonly<Record<string, unknown>>;
}

/** The simulated cloud of the demo. */
export interface Cloud {
  readonly url: string;
  /** Lets the demo's jobs begin, as a pipeline's create and delete calls would. */
  startJobs(): readonly DemoJob[];
  stop(): Promise<void>;
}

export async function startCloud(): Promise<Cloud> {
  throw new Error("the simulated cloud is not there yet: give a CONFIG_FILE");
}
