import type { CallbackGuard } from "../../lib/api/callback.ts";
import { readAllowList } from "../../lib/http/allow-list.ts";
import { isCallbackHostAllowed } from "../../lib/http/callback-host.ts";
import { checkUrl } from "../../lib/http/check-url.ts";
import { EGRESS_RULE_TEXT } from "../../lib/http/egress-rules.ts";

/** The sender's rules for a caller's own URL, as far as the URL alone can tell. */
export const callbackGuard: CallbackGuard = {
  listsHost: isCallbackHostAllowed,
  objection(url, allow) {
    const checked = checkUrl(url, readAllowList(allow));
    return checked.kind === "refused" ? EGRESS_RULE_TEXT[checked.rule] : null;
  },
};
