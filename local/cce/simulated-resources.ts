import * as z from "zod";
import { createOperationStates, OperationScript } from "./operation-phases.ts";
import { formatGoTime } from "./simulated-jobs.ts";

/** The states of a resource, of a task or of an add-on over time. */
const ResourceScript = z.strictObject({
  project: z.string().min(1),
  /** The path below the version of the CCE API and, for a resource of a project, below the project: `clusters/ID`. */
  path: z.string().min(1),
  /**
   * Each step has the response that the simulator gives from the time `startSeconds`, in seconds after the start of the
   * script. A step without a body means that CCE
   * replies with the status 404.
   */
  steps: z
    .array(
      z.strictObject({
        startSeconds: z.number().min(0).default(0),
        body: z.record(z.string(), z.unknown()).nullable(),
      }),
    )
    .min(1),
});
type ResourceScript = z.infer<typeof ResourceScript>;
export type ResourceScriptInput = z.input<typeof ResourceScript>;

/** The simulated resources of all projects. The script of a resource starts when the method `add` is called. */
export class SimulatedResources {
  readonly #now: () => number;
  readonly #speed: number;
  readonly #resources = new Map<string, { readonly script: ResourceScript; readonly addedAtMs: number }>();

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  /**
   * Adds a resource, or replaces the script of a resource.
   * @throws ZodError if the script is invalid.
   */
  add(input: unknown): void {
    const script = ResourceScript.parse(input);
    this.#resources.set(`${script.project}/${script.path}`, { script, addedAtMs: this.#now() });
  }

  /**
   * Adds the task or the resource of an operation.
   * @throws ZodError if the script is invalid.
   */
  addOperation(input: unknown): void {
    const addedAtMs = this.#now();
    const timeOf = (seconds: number) => formatGoTime(addedAtMs + (seconds / this.#speed) * 1000);
    this.add(createOperationStates(OperationScript.parse(input), timeOf));
  }

  /** Returns the current state of a resource in the JSON format of CCE. Returns null if CCE answers 404. */
  render(projectId: string, path: string): Record<string, unknown> | null {
    const resource = this.#resources.get(`${projectId}/${path}`);
    if (resource === undefined) return null;
    const elapsedSeconds = ((this.#now() - resource.addedAtMs) / 1000) * this.#speed;
    const started = resource.script.steps.filter(({ startSeconds }) => startSeconds <= elapsedSeconds);
    return started.at(-1)?.body ?? null;
  }
}
