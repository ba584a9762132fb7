import type { JobDocument } from "../api/status-document.ts";
import { type Html, html } from "./html.ts";
import { type Face, faceOf } from "./state-presentation.ts";
import { foreign, foreignName } from "./untrusted.ts";

const LONGEST_WORD = 24;
const UNNAMED = "Unnamed subjob";

/**
 * The face of one node of the tree. A pending one is called what the cloud calls it, and polls busy only while it
 * has begun and somebody still follows it.
 */
export function subJobFace(job: JobDocument, over: boolean): Face {
  if (job.state !== "pending") return faceOf(job.state, true);
  const word = (job.phase?.trim() || "No status").slice(0, LONGEST_WORD);
  const busy = job.createdAt !== null && !over;
  return { name: busy ? "running" : "waiting", sign: "○", word };
}

/** Its type, and the resource it works on where it names one. */
export function subJobName(job: JobDocument): Html {
  return html`<b>${foreignName(job.type || UNNAMED)}</b>${
    job.resourceName && html` <span class="res">${foreign(job.resourceName)}</span>`
  }`;
}

/** The same without ornament. */
export function plainName({ type, resourceName }: JobDocument): Html {
  return html`<bdi>${type || UNNAMED}${resourceName && ` ${resourceName}`}</bdi>`;
}

/** All nodes below `job`, in tree order, with their depth (1 for its children). */
export function descendants(job: JobDocument, depth = 1): readonly { job: JobDocument; depth: number }[] {
  return job.subJobs.flatMap((child) => [{ job: child, depth }, ...descendants(child, depth + 1)]);
}

/** Whether `job` or anything below it is in that state. */
export function holds(job: JobDocument, state: JobDocument["state"]): boolean {
  return job.state === state || job.subJobs.some((child) => holds(child, state));
}
