import { decrypt } from "../../lib/auth/encryption.ts";
import type { Target } from "../../lib/channels/targets.ts";
import type { Config } from "../../lib/config/config.ts";
import { OUTCOMES } from "../../lib/domain/job.ts";
import type { NotificationKey } from "../../lib/ledger/notification-ledger.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";

export interface CallbackPorts {
  readonly ledger: Pick<WatchLedger, "readCallerData">;
  readonly config: Config;
}

/** The caller's own address of a watch, as a webhook; null when it cannot be decrypted any more. */
export async function callbackTarget(
  key: NotificationKey,
  { ledger, config }: CallbackPorts,
): Promise<Target | null> {
  const { linkKey, callbackSecrets } = config.settings;
  const encrypted = (await ledger.readCallerData(key)).callbacks[key.target];
  const url =
    encrypted === undefined || linkKey === undefined
      ? null
      : decrypt({ key: linkKey, purpose: key.target, encrypted });
  if (url === null) return null;
  return { kind: "webhook", url, on: [...OUTCOMES], secrets: callbackSecrets, headers: {} };
}
