import type { DiscoverHandlerPorts } from "../../functions/discover/create-discover-handler.ts";

type Ledger = DiscoverHandlerPorts["ledger"];

/** Opens a watch for each job of the first list, also for the jobs that had ended. */
export function discoverEnded(ports: DiscoverHandlerPorts): DiscoverHandlerPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimDiscoveryIfDueOrRequested(project, now, intervalMs) {
        const claimed = await ledger.claimDiscoveryIfDueOrRequested(project, now, intervalMs);
        return claimed && { ...claimed, switchedOnAt: 0, succeededAt: 0 };
      },
    },
  };
}

/** Treats a watch as started as soon as the watch exists. */
export function knownWatches(ledger: Ledger): Ledger {
  return {
    ...ledger,
    async listJobWatchesNewestFirst(job) {
      const watches = await ledger.listJobWatchesNewestFirst(job);
      return watches.map((watch) => ({ ...watch, poll: Math.max(watch.poll, watch.previousPolls + 1) }));
    },
  };
}

/** Uses no lease for the lists of a project. */
export function unleased(ledger: Ledger): Ledger {
  return {
    ...ledger,
    claimDiscoveryIfDueOrRequested: (project, now) => ledger.claimDiscoveryIfDueOrRequested(project, now, 0),
  };
}
