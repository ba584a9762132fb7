import type { Story } from "./chat-message.ts";
import { utc } from "./utc.ts";

/** What every dialect says where a failure comes without a reason. */
export const NO_REASON = "The cloud gives no reason.";
/** What a link to the vendor's page is called. */
export const READ_MORE = "Read more";

/** What stands below the failures: how many are not told, and what to be aware of. */
export function notesOf({ left, warnings }: Story): string[] {
  return [...(left > 0 ? [`and ${left} more`] : []), ...warnings.map((warning) => `⚠️ ${warning}`)];
}

/** The last line: the job's full ID and the time. */
export function footerOf({ footer, at }: Story): string {
  return footer === null ? utc(at) : `${footer} · ${utc(at)}`;
}
