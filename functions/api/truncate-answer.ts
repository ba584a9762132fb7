import { type ApiResponse, answerBytes } from "../../lib/api/http.ts";
import type { Job } from "../../lib/domain/job.ts";
import { truncateTree } from "../../lib/domain/truncate-tree.ts";

/** Lambda takes 6 MiB, in which an HTTP answer stands as JSON; its request ID and names come on top. */
const MAX_ANSWER_BYTES = 6_000_000;
/** As JSON, that of some 3,000 subjobs: more are slow to read, and a page asks for itself again and again. */
const MAX_PAGE_TREE_BYTES = 1_000_000;

/** The answer that shows a tree, or a smaller one where it would be too large. */
export function fittingAnswer(tree: Job | null, answer: (shown: Job | null) => ApiResponse): ApiResponse {
  return tree === null ? answer(null) : truncateTree(tree, answer, answerBytes, MAX_ANSWER_BYTES);
}

/** What a page shows of a tree. */
export function pageTree(tree: Job | null): Job | null {
  if (tree === null) return null;
  const weighed = (smaller: Job) => ({ smaller, bytes: Buffer.byteLength(JSON.stringify(smaller)) });
  return truncateTree(tree, weighed, ({ bytes }) => bytes, MAX_PAGE_TREE_BYTES).smaller;
}
