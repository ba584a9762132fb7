import type { Random } from "../domain/job.ts";

/** The maximum number of entries in a batch request to SQS. */
export const MAX_BATCH_ENTRIES = 10;
/**
 * The number of times that the service repeats an entry of a batch after SQS has refused it. If the whole request
 * fails, the AWS SDK repeats the request.
 */
const RETRIES = 2;
/**
 * The maximum wait before the service repeats refused entries for the first time. The actual wait is random, from 0 to
 * the maximum (full jitter). Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
const BACKOFF_MS = 50;

/** An entry of a batch request. The ID is unique within the batch. */
export interface BatchEntry {
  readonly Id: string;
}

/** The response of SQS to a batch request. */
interface BatchResponse {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly {
        readonly Id: string | undefined;
        readonly Code: string | undefined;
        readonly SenderFault: boolean | undefined;
      }[]
    | undefined;
}

export interface RetryOptions {
  /** Returns a random number that is at least 0 and less than 1. */
  readonly random: Random;
  /** Waits `ms` milliseconds before the service repeats a refused entry. */
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Makes a batch request to SQS, and repeats the entries that SQS refused. If SQS reports `SenderFault`, the entry is
 * not repeated, because SQS would refuse it again. Returns the reason of each failed entry by the ID of the entry. SQS
 * may have accepted a failed entry, because the response of SQS can be lost.
 */
export async function requestBatch<Entry extends BatchEntry>(
  entries: readonly Entry[],
  request: (entries: Entry[]) => Promise<BatchResponse>,
  { random, wait = waitMs }: RetryOptions,
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  let open = [...entries];
  for (let round = 0; open.length > 0 && round <= RETRIES; round += 1) {
    if (round > 0) await wait(random() * BACKOFF_MS * 2 ** (round - 1));
    open = await requestOnce(open, request, failures);
  }
  return failures;
}

const waitMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Makes one request, and writes the failures into `failures`. Returns the entries that should be repeated. */
async function requestOnce<Entry extends BatchEntry>(
  entries: Entry[],
  request: (entries: Entry[]) => Promise<BatchResponse>,
  failures: Map<string, string>,
): Promise<Entry[]> {
  try {
    const { Successful = [], Failed = [] } = await request(entries);
    for (const { Id } of entries) failures.set(Id, "NotAnswered");
    const refused = new Set<string>();
    for (const { Id = "", Code = "Unknown", SenderFault } of Failed) {
      failures.set(Id, Code);
      if (SenderFault === true) refused.add(Id);
    }
    for (const { Id = "" } of Successful) failures.delete(Id);
    return entries.filter(({ Id }) => failures.has(Id) && !refused.has(Id));
  } catch (error) {
    for (const { Id } of entries) failures.set(Id, error instanceof Error ? error.name : "Unknown");
    return [];
  }
}
