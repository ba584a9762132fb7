import { jobDocument, omittedSubJobsWarnings, summarizeTree } from "../../lib/api/job-document.ts";
import type { TreeTeller } from "./make-status-document.ts";

/** Tells a tree that is still under way; a concluded one is told by its conclusion. */
export const treeTeller: TreeTeller = {
  summary: summarizeTree,
  omitted: omittedSubJobsWarnings,
  document: jobDocument,
};
