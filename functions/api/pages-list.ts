import { type LinkOptions, pageUrl } from "../../lib/auth/link-keys.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { WatchLedger, WatchPage } from "../../lib/ledger/watch-ledger.ts";
import { PageTokenError } from "../../lib/ledger/watch-ledger.ts";
import { listState } from "../../lib/pages/list-filter-state.ts";
import { renderListPage } from "../../lib/pages/list-page.ts";
import type { RenderedPage } from "../../lib/pages/shell.ts";

/** Watches on one page. */
const PAGE_LENGTH = 50;
/** Longer than any word worth looking for. */
const MAX_TEXT = 200;

export interface ListPagePorts {
  readonly ledger: Pick<WatchLedger, "listRecentWatches">;
  /** Makes the links to the jobs. */
  readonly maker: LinkOptions;
  readonly now: Instant;
}

/** The list of a project's recent watches; null where the query asks for a page that was never linked to. */
export async function listPage(
  project: string,
  query: URLSearchParams,
  { ledger, maker, now }: ListPagePorts,
): Promise<RenderedPage | null> {
  const recent = await recentOrNull(ledger, project, query.get("before"));
  if (recent === null) return null;
  return renderListPage({
    project,
    watches: recent.watches.map((watch) => ({ ...watch, url: pageUrl(maker, watch, now) ?? "" })),
    filter: {
      state: listState(query.get("state")),
      text: (query.get("text") ?? "").slice(0, MAX_TEXT).toWellFormed(),
    },
    now,
    link: { self: `${maker.publicUrl}/jobs?${query.toString()}`, before: recent.next },
  });
}

async function recentOrNull(
  ledger: Pick<WatchLedger, "listRecentWatches">,
  project: string,
  before: string | null,
): Promise<WatchPage | null> {
  try {
    return await ledger.listRecentWatches(project, { limit: PAGE_LENGTH, before });
  } catch (error) {
    if (error instanceof PageTokenError) return null;
    throw error;
  }
}
