import { etagOf, isNoneMatch } from "../../lib/api/etag.ts";
import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import type { Refusal } from "../../lib/api/problem.ts";
import { noSuchWatch } from "../../lib/api/refusals.ts";
import { readWait } from "../../lib/api/wait.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { WatchDocument, WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { statusDocument, type TreeTeller } from "./make-status-document.ts";
import { type StatusDigestPorts, withDigest } from "./status-digest.ts";
import { fittingAnswer } from "./truncate-answer.ts";

/** Between two reads of a held call. */
const REREAD_MS = 1_000;
/** Kept free for the last read and the answer. */
const ANSWER_MS = 2_000;
/** A caller who polls is asked to come back no later than this. */
const MAX_RETRY_AFTER_SECONDS = 30;

export interface StatusPorts {
  readonly ledger: Pick<WatchLedger, "readWatch"> & StatusDigestPorts["ledger"];
  readonly config: Config;
  readonly tell: TreeTeller;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  readonly remainingMs: () => number;
}

/** `GET /v1/jobs/{project}/{jobId}`, held with `?wait` until the watch is over or the time is. */
export async function readStatus(
  key: WatchKey,
  request: Pick<ApiRequest, "query" | "headers">,
  ports: StatusPorts,
): Promise<ApiResponse | Refusal> {
  const asked = readWait(request.query);
  if (asked.kind === "refused") return asked;
  const document = await heldRead(key, asked.seconds, ports);
  if (document === null) return noSuchWatch(key);
  const facts = statusFacts(await withDigest(document, ports), ports);
  const response = fittingAnswer(document.tree, (shown) => jsonResponse(200, statusDocument(facts, shown)));
  const etag = etagOf(response.body ?? "");
  const headers = {
    ...response.headers,
    etag,
    vary: "authorization",
    ...(document.watch.state === "watching"
      ? { "retry-after": String(retryAfterSeconds(document, ports.now())) }
      : {}),
  };
  return isNoneMatch(request.headers["if-none-match"], etag)
    ? { status: 304, headers: without(headers, "content-type") }
    : { ...response, headers };
}

/** What a status document is made of, given the config. */
export function statusFacts(document: WatchDocument, { config, tell }: Pick<StatusPorts, "config" | "tell">) {
  return {
    document,
    tell,
    region: config.projects[document.watch.project]?.region ?? null,
    hears: (target: string, outcome: NonNullable<WatchDocument["summary"]>["outcome"]) =>
      config.targets[target]?.on.includes(outcome) ?? true,
  };
}

async function heldRead(key: WatchKey, seconds: number, ports: StatusPorts): Promise<WatchDocument | null> {
  const { ledger, now, wait, remainingMs } = ports;
  const until = now() + Math.min(seconds * 1000, remainingMs() - ANSWER_MS);
  let document = await ledger.readWatch(key);
  for (;;) {
    const leftMs = until - now();
    if (document?.watch.state !== "watching" || leftMs <= 0) return document;
    await wait(Math.min(REREAD_MS, leftMs));
    document = await ledger.readWatch(key);
  }
}

/** News may come with the next poll; a second later it is recorded. */
function retryAfterSeconds({ watch }: WatchDocument, now: Instant): number {
  const untilPoll = watch.nextPollAt === null ? 0 : Math.ceil((watch.nextPollAt - now) / 1000) + 1;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, untilPoll));
}

function without(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}
