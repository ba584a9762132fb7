import { pageUrl } from "../../lib/auth/link-keys.ts";
import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { type ConcludePorts, conclude, resume } from "./conclude-watch.ts";
import type { PollPorts } from "./poll-job.ts";
import { logPoll, tellConcluded } from "./poll-log.ts";
import type { Pace } from "./project-rate-limit.ts";

/** What an instance of the function keeps from one poll to the next. */
export interface PollServices extends Pick<PollPorts, "durations" | "now" | "random"> {
  readonly ledger: PollPorts["ledger"] & ConcludePorts["ledger"];
  readonly notifications: Pick<Queue, "send">;
  readonly cceOf: (config: Config) => CceClient;
  readonly paceFor: (quota: number | undefined) => Pace;
  /** The address of this API, where the settings name no other. */
  readonly defaultUrl: string;
}

/** The ports of one poll under this config; `polls` is shared by the polls of a batch. */
export function pollPorts(services: PollServices, config: Config, pollQueue: Pick<Queue, "send">): PollPorts {
  const { ledger, notifications, cceOf, paceFor, defaultUrl, ...rest } = services;
  const { settings } = config;
  const cce = cceOf(config);
  const link = { ...settings, linkKey: settings.linkKey, publicUrl: settings.publicUrl ?? defaultUrl };
  const ends: ConcludePorts = {
    ledger,
    notifications,
    cce,
    config,
    now: rest.now,
    onConcluded: tellConcluded,
    pageUrl: (key, at) => pageUrl(link, key, at),
  };
  return {
    ...rest,
    ledger,
    pollQueue,
    cce,
    settings,
    onPoll: logPoll,
    pace: paceFor(settings.poll.queriesPerFiveMinutes),
    conclude: (seen, ending) => conclude(seen, ending, ends),
    resume: (begun) => resume(begun, ends),
  };
}
