import type { Config } from "../../lib/config.ts";
import { OUTCOMES } from "../../lib/job.ts";
import type { NoticeKey } from "../../lib/ledger/notice-ledger.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { unseal } from "../../lib/seal.ts";
import type { Target } from "../../lib/targets.ts";

export interface CallbackPorts {
  readonly ledger: Pick<WatchLedger, "readAcceptance">;
  readonly config: Config;
}

/** The caller's own address of a watch, as a webhook; null when it cannot be unsealed any more. */
export async function callbackTarget(
  key: NoticeKey,
  { ledger, config }: CallbackPorts,
): Promise<Target | null> {
  const { linkKey, callbackSecrets } = config.settings;
  const sealed = (await ledger.readAcceptance(key)).callbacks[key.target];
  const url =
    sealed === undefined || linkKey === undefined
      ? null
      : unseal({ key: linkKey, purpose: key.target, sealed });
  if (url === null) return null;
  return { kind: "webhook", url, on: [...OUTCOMES], secrets: callbackSecrets, headers: {} };
}
