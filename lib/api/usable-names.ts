import * as z from "zod/mini";
import { Name } from "../domain/job.ts";
import { withDescription } from "../domain/zod-fields.ts";

export const ListedTarget = z.object({
  name: Name,
  kind: withDescription(z.string(), "The kind of the target, such as `slack`."),
});
/** The body of the response to `GET /v1/targets`: the targets that the caller may use, sorted by name. */
export const TargetList = z.object({ targets: z.array(ListedTarget) });
export type TargetList = z.infer<typeof TargetList>;

export const ListedProject = z.object({ name: Name });
/** The body of the response to `GET /v1/projects`: the projects that the caller may use, sorted by name. */
export const ProjectList = z.object({ projects: z.array(ListedProject) });
export type ProjectList = z.infer<typeof ProjectList>;
