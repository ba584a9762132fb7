import { createHmac } from "node:crypto";
import { encrypt } from "../auth/encryption.ts";
import { CALLBACK_PREFIX } from "../channels/webhook/target.ts";
import type { Settings } from "../config/settings.ts";
import { parseAllowList } from "../http/allow-list.ts";
import { checkUrl, isCallbackHostListed } from "../http/check-url.ts";
import { EGRESS_RULE_TEXT } from "../http/egress-rules.ts";

type CheckedCallback =
  /**
   * The result for a callback URL that the service accepts. `target` is a name for the URL that does not reveal the
   * URL.
   */
  | { readonly kind: "callback"; readonly target: string; readonly encryptedUrl: string }
  | { readonly kind: "error"; readonly detail: string };

/**
 * Checks a `callbackUrl` against `settings.callbackHosts` and against the rules for connections to targets, and
 * encrypts the URL. The service checks the URL when it receives the submission, so the caller learns at once that the
 * service would never call the URL. Each delivery to the URL checks the IP address of the host again. An error text
 * never contains the URL. The name of the callback depends on the caller: two callers with the same URL have two
 * notifications, because the context of one caller must not replace the context of the other.
 */
export function checkCallback(text: string, caller: string, settings: Settings): CheckedCallback {
  const error = (detail: string): CheckedCallback => ({ kind: "error", detail });
  const [linkKey] = settings.linkKeys;
  if (linkKey === undefined)
    return error(
      "is not available. The operator has not configured settings.linkKeys, which is needed to encrypt the URL.",
    );
  if (settings.callbackHosts.length === 0)
    return error("is not available. The operator has configured no hosts in settings.callbackHosts.");
  if (!URL.canParse(text)) return error("must be a URL");
  if (!isCallbackHostListed(text, settings.callbackHosts))
    return error("has a host that is not in settings.callbackHosts. Ask the operator to add the host.");
  const checked = checkUrl(text, parseAllowList(settings.egress.allow));
  if (checked.kind === "refused") return error(`can never be called: ${EGRESS_RULE_TEXT[checked.rule]}`);
  const { href } = new URL(text);
  const target =
    CALLBACK_PREFIX +
    createHmac("sha256", linkKey.reveal())
      .update(JSON.stringify(["callback", caller, href]))
      .digest("hex")
      .slice(0, 16);
  return {
    kind: "callback",
    target,
    encryptedUrl: encrypt(href, linkKey, target),
  };
}
