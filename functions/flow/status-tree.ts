import { countSubJobs, failuresOf, jobDocument } from "../../lib/report/job-document.ts";
import type { TreeTeller } from "./status-document.ts";

/** Tells a tree that is still under way; a concluded one is told by its conclusion. */
export const treeTeller: TreeTeller = { failures: failuresOf, counts: countSubJobs, document: jobDocument };
