import * as z from "zod";
import type { Invoked } from "../lambda/invocation.ts";

const Response = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/** Which messages of a batch Lambda deletes from the queue; the others come back after their visibility timeout. */
export type Settled =
  | { readonly kind: "settled"; readonly done: ReadonlySet<string> }
  | { readonly kind: "failed"; readonly why: string };

/**
 * Reads what a function made of a batch: no failures named means that all are done; an answer that cannot be
 * understood, or that names a message that was not in the batch, means that none is.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function settleBatch(messageIds: readonly string[], invoked: Invoked): Settled {
  if (invoked.kind === "error")
    return { kind: "failed", why: `${invoked.error.errorType}: ${invoked.error.errorMessage}` };
  const parsed = Response.safeParse(invoked.result);
  if (!parsed.success) return { kind: "failed", why: "the answer is no partial batch response" };
  const failures = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier));
  const unknown = [...failures].filter((id) => !messageIds.includes(id));
  if (unknown.length > 0)
    return { kind: "failed", why: "the answer names messages that were not in the batch" };
  return { kind: "settled", done: new Set(messageIds.filter((id) => !failures.has(id))) };
}
