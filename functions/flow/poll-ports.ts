import { pageUrl } from "../../lib/api/link.ts";
import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { type ConcludePorts, conclude, resume } from "./conclude.ts";
import type { LookPorts } from "./look.ts";
import type { Pace } from "./pace.ts";
import { tellConcluded, tellLook } from "./tell.ts";

/** What an instance of the function keeps from one look to the next. */
export interface PollServices extends Pick<LookPorts, "durations" | "now" | "random"> {
  readonly ledger: LookPorts["ledger"] & ConcludePorts["ledger"];
  readonly notices: Pick<Queue, "send">;
  readonly cceOf: (config: Config) => CceClient;
  readonly paceFor: (quota: number | undefined) => Pace;
  /** The address of this API, where the settings name no other. */
  readonly defaultUrl: string;
}

/** The ports of one look under this config; `polls` is shared by the looks of a batch. */
export function pollPorts(services: PollServices, config: Config, polls: Pick<Queue, "send">): LookPorts {
  const { ledger, notices, cceOf, paceFor, defaultUrl, ...rest } = services;
  const { settings } = config;
  const cce = cceOf(config);
  const link = { ...settings, linkKey: settings.linkKey, publicUrl: settings.publicUrl ?? defaultUrl };
  const ends: ConcludePorts = {
    ...{ ledger, notices, cce, config, now: rest.now, onConcluded: tellConcluded },
    pageUrl: (key, at) => pageUrl(link, key, at),
  };
  return {
    ...{ ...rest, ledger, polls, cce, settings, onLook: tellLook },
    pace: paceFor(settings.poll.queriesPerFiveMinutes),
    conclude: (seen, ending) => conclude(seen, ending, ends),
    resume: (begun) => resume(begun, ends),
  };
}
