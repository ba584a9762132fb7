import { jobDocument, leftOutWarnings, summarizeTree } from "../../lib/report/job-document.ts";
import type { TreeTeller } from "./status-document.ts";

/** Tells a tree that is still under way; a concluded one is told by its conclusion. */
export const treeTeller: TreeTeller = {
  summary: summarizeTree,
  leftOut: leftOutWarnings,
  document: jobDocument,
};
