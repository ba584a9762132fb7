import * as z from "zod/mini";
import { createHintLookup } from "./hints.ts";
import { isAncestor, type TreeNode, typePath } from "./subjob-tree.ts";
import { jsonBytes, truncate } from "./truncate-text.ts";
import { MaybeText } from "./zod-fields.ts";

/** One failed subjob. `path` has the types from the root job down to the subjob. */
export const Failure = z.object({
  path: z.array(z.string()).check(z.minLength(1)),
  jobId: MaybeText,
  resourceName: MaybeText,
  reason: z.nullable(z.string()).register(z.globalRegistry, {
    description: "The cloud's own text. A long text is truncated and ends in `…`.",
  }),
  hint: z.nullable(z.string()).register(z.globalRegistry, {
    description: "One line of advice with a link, if the reason is known.",
  }),
});
export type Failure = z.infer<typeof Failure>;

/** Bytes of one reason, from much to little. The first size is used with which all failures fit. */
const REASON_BYTES = [4000, 2000, 1000, 500, 250] as const;
const MIN_REASON_BYTES = 250;
const MAX_FAILURES = 200;
const NAME_BYTES = 200;

type ToFailure = (node: TreeNode, reasonBytes: number) => Failure;

/**
 * Lists failed subjobs in tree order. Omits some of them if not all fit into `maxBytes` of JSON.
 * A subjob that only repeats the reason of a subjob below it is omitted first.
 */
export function listFailures(failed: readonly TreeNode[], maxBytes: number): Failure[] {
  const hintFor = createHintLookup();
  const toFailure: ToFailure = (node, reasonBytes) => failureOf(node, reasonBytes, hintFor(node.job.reason));
  if (failed.length <= MAX_FAILURES)
    for (const reasonBytes of REASON_BYTES) {
      const failures = listAll(failed, reasonBytes, maxBytes, toFailure);
      if (failures !== null) return failures;
    }
  const listed = selectNodes(causesFirst(failed).slice(0, MAX_FAILURES), maxBytes, toFailure);
  return failed.filter((node) => listed.has(node)).map((node) => toFailure(node, MIN_REASON_BYTES));
}

/** Returns null as soon as the failures need more than `maxBytes`. */
function listAll(
  nodes: readonly TreeNode[],
  reasonBytes: number,
  maxBytes: number,
  toFailure: ToFailure,
): Failure[] | null {
  const failures: Failure[] = [];
  let usedBytes = 0;
  for (const node of nodes) {
    const failure = toFailure(node, reasonBytes);
    usedBytes += entryBytes(failure);
    if (usedBytes > maxBytes) return null;
    failures.push(failure);
  }
  return failures;
}

/** Puts subjobs that only repeat a subjob below them behind all others. */
function causesFirst(failed: readonly TreeNode[]): TreeNode[] {
  const repeats = (node: TreeNode, index: number): boolean => {
    const next = failed[index + 1];
    const { reason } = node.job;
    return next !== undefined && (reason === null || reason === next.job.reason) && isAncestor(node, next);
  };
  const { causes = [], repetitions = [] } = Object.groupBy(failed, (node, index) =>
    repeats(node, index) ? "repetitions" : "causes",
  );
  return [...causes, ...repetitions];
}

/** Selects as many nodes as fit. A node that does not fit is skipped. */
function selectNodes(
  nodes: readonly TreeNode[],
  maxBytes: number,
  toFailure: ToFailure,
): ReadonlySet<TreeNode> {
  let usedBytes = 0;
  const selected = nodes.filter((node) => {
    const size = entryBytes(toFailure(node, MIN_REASON_BYTES));
    if (usedBytes + size > maxBytes) return false;
    usedBytes += size;
    return true;
  });
  return new Set(selected);
}

/** The bytes of a failure in a JSON array, with its comma. */
function entryBytes(failure: Failure): number {
  return Buffer.byteLength(JSON.stringify(failure)) + 1;
}

function failureOf(node: TreeNode, reasonBytes: number, hint: string | null): Failure {
  const { jobId, resourceName, reason } = node.job;
  return {
    path: typePath(node).map((type) => truncate(type, NAME_BYTES, jsonBytes)),
    jobId: jobId === null ? null : truncate(jobId, NAME_BYTES, jsonBytes),
    resourceName: resourceName === null ? null : truncate(resourceName, NAME_BYTES, jsonBytes),
    reason: reason === null ? null : truncate(reason, reasonBytes, jsonBytes),
    hint,
  };
}
