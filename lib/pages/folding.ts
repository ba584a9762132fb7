import type { JobDocument } from "../api/status-document.ts";
import { holds } from "./subjob.ts";

/** A tree of more nodes than this is long: what went well in it is folded. */
export const LONG_TREE = 14;
/** Fewer finished siblings in a row than this are not worth a fold. */
const SHORTEST_FOLD = 4;

export type Group =
  | { readonly kind: "one"; readonly job: JobDocument }
  /** Siblings in a row that all went well, shown as one line until unfolded. */
  | { readonly kind: "fold"; readonly jobs: readonly JobDocument[] };

/** Children in their order; in a long tree, finished ones in a row become one fold. */
export function foldSiblings(children: readonly JobDocument[], long: boolean): readonly Group[] {
  if (!long) return children.map((job) => ({ kind: "one", job }));
  const groups: Group[] = [];
  let run: JobDocument[] = [];
  const close = () => {
    if (run.length >= SHORTEST_FOLD) groups.push({ kind: "fold", jobs: run });
    else groups.push(...run.map((job) => ({ kind: "one", job }) as const));
    run = [];
  };
  for (const job of children) {
    if (isCalm(job)) {
      run.push(job);
      continue;
    }
    close();
    groups.push({ kind: "one", job });
  }
  close();
  return groups;
}

/** Whether a node with children starts unfolded: always on the path to a failure; in a long tree only what goes on. */
export function startsOpen(job: JobDocument, long: boolean): boolean {
  return !long || holds(job, "failed") || holds(job, "pending");
}

function isCalm(job: JobDocument): boolean {
  return !holds(job, "failed") && !holds(job, "pending");
}
