import type { DiscoverHandlerPorts } from "../../functions/discover/create-discover-handler.ts";
import type { NotifyPorts } from "../../functions/notify/create-notify-handler.ts";
import type { PollPorts } from "../../functions/poll/create-poll-handler.ts";
import type { SweepPorts } from "../../functions/sweep/create-sweep-handler.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { EventSourceOptions } from "./event-source.ts";

/** A planted bug. A plant replaces ports of the product. A test proves that the simulation finds each plant. */
export interface Plant {
  readonly visibilitySeconds: number;
  readonly recursiveLoop: EventSourceOptions["recursiveLoop"];
  readonly failures: EventSourceOptions["failures"];
  readonly deadLetters: (queue: Pick<Queue, "send">) => Pick<Queue, "send">;
  readonly ledger: (ledger: Ledger) => Ledger;
  readonly poll: (ports: PollPorts) => PollPorts;
  readonly notify: (ports: NotifyPorts) => NotifyPorts;
  readonly sweep: (ports: SweepPorts) => SweepPorts;
  readonly discover: (ports: DiscoverHandlerPorts) => DiscoverHandlerPorts;
}

/** The product without a bug. */
export const NO_PLANT: Plant = {
  visibilitySeconds: 180,
  recursiveLoop: "Allow",
  failures: (records, settled) => {
    const done = new Set(
      settled.filter(({ disposition }) => disposition === "acknowledged").map(({ messageId }) => messageId),
    );
    return records.map(({ messageId }) => messageId).filter((id) => !done.has(id));
  },
  deadLetters: (queue) => queue,
  ledger: (ledger) => ledger,
  poll: (ports) => ports,
  notify: (ports) => ports,
  sweep: (ports) => ports,
  discover: (ports) => ports,
};
