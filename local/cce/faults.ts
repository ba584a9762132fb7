import * as z from "zod";

/** "The next `count` job queries (of this project ID) fail so." */
export const Fault = z.strictObject({
  kind: z.enum(["429", "401", "403", "500", "hang", "garbage", "404-at-first", "reset"]),
  count: z.int().min(1).default(1),
  project: z.string().optional(),
  retryAfterSeconds: z.number().min(0).optional(),
});
export type Fault = z.infer<typeof Fault>;

/** The faults still to come, used up in the order they were added. */
export class Faults {
  #pending: Fault[] = [];

  add(fault: Fault): void {
    this.#pending.push(fault);
  }

  /** The fault that this query of a project suffers, or null. */
  take(project: string): Fault | null {
    const fault = this.#pending.find((pending) => (pending.project ?? project) === project);
    if (fault === undefined) return null;
    this.#pending = this.#pending.flatMap((pending) => {
      if (pending !== fault) return [pending];
      return pending.count > 1 ? [{ ...pending, count: pending.count - 1 }] : [];
    });
    return fault;
  }
}
