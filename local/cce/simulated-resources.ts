import * as z from "zod";
import { createOperationStates, OperationScript } from "./operation-phases.ts";
import { formatGoTime } from "./simulated-jobs.ts";

/** The script of a simulated resource, task or add-on. A script says how the resource changes over time. */
const ResourceScript = z.strictObject({
  project: z.string().min(1),
  /** The path of the resource in the URL, after the API version and the project, such as `clusters/ID`. */
  path: z.string().min(1),
  /**
   * The states of the resource, in the order of `startSeconds` (seconds after the start of the script). `body` is the
   * JSON that CCE returns for this state. If `body` is null, the simulated CCE returns the HTTP status 404.
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

/** The simulated resources of all projects. The script of a resource starts as soon as the resource is added. */
export class SimulatedResources {
  readonly #now: () => number;
  readonly #speed: number;
  readonly #resources = new Map<string, { readonly script: ResourceScript; readonly addedAtMs: number }>();

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  /**
   * Adds a simulated resource to the simulator. If the resource already exists, its script is replaced.
   * @throws ZodError if the script is invalid.
   */
  add(input: unknown): void {
    const script = ResourceScript.parse(input);
    this.#resources.set(`${script.project}/${script.path}`, { script, addedAtMs: this.#now() });
  }

  /**
   * Adds an operation that has no job in CCE. CCE shows the progress of such an operation in a task or in a resource.
   * @throws ZodError if the script is invalid.
   */
  addOperation(input: unknown): void {
    const addedAtMs = this.#now();
    const timeOf = (seconds: number) => formatGoTime(addedAtMs + (seconds / this.#speed) * 1000);
    this.add(createOperationStates(OperationScript.parse(input), timeOf));
  }

  /** Returns the current state of a resource in the JSON format of CCE, or null if CCE answers 404. */
  render(projectId: string, path: string): Record<string, unknown> | null {
    const resource = this.#resources.get(`${projectId}/${path}`);
    if (resource === undefined) return null;
    const elapsedSeconds = ((this.#now() - resource.addedAtMs) / 1000) * this.#speed;
    const started = resource.script.steps.filter(({ startSeconds }) => startSeconds <= elapsedSeconds);
    return started.at(-1)?.body ?? null;
  }
}
