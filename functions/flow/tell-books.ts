import type { Books } from "../../lib/ledger/dynamo/books.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

/** The most watches adrift that are named: enough to find what they have in common. */
const NAMED = 50;

/** One line and its figures an hour; jobs that are promised and not followed are named. */
export function tellBooks({ accepted, concluded, stopped, live, adrift }: Books): void {
  const balance = accepted - concluded - stopped - live;
  log.info("books", { accepted, concluded, stopped, live, balance });
  for (const { project, jobId } of adrift.slice(0, NAMED)) log.error("adrift", { project, job_id: jobId });
  meter.add("BooksBalance", balance);
  meter.add("LiveWatches", live);
}
