import type { ConcludePorts } from "../../functions/flow/conclude.ts";
import type { LookPorts } from "../../functions/flow/look.ts";
import type { NoticePorts } from "../../functions/flow/notice.ts";
import type { ReadMessagePorts } from "../../functions/flow/read-message.ts";
import type { SweepPorts } from "../../functions/flow/sweep.ts";
import type { Delivery } from "../../lib/runtime/sqs.ts";
import type { EventSourceOptions } from "./event-source.ts";

/** A bug put into the product's surroundings, to see that the simulation finds it. */
export interface Plant {
  readonly visibilitySeconds: number;
  readonly recursiveLoop: EventSourceOptions["recursiveLoop"];
  readonly failures: EventSourceOptions["failures"];
  readonly reading: (ports: ReadMessagePorts) => ReadMessagePorts;
  readonly look: (ports: LookPorts) => LookPorts;
  readonly conclude: (ports: ConcludePorts) => ConcludePorts;
  readonly notice: (ports: NoticePorts, delivery: Delivery) => NoticePorts;
  readonly sweep: (ports: SweepPorts) => SweepPorts;
}

/** The product as it is. */
export const NO_PLANT: Plant = {
  visibilitySeconds: 180,
  recursiveLoop: "Allow",
  failures: (records, settled) => {
    const done = new Set(
      settled.filter(({ disposition }) => disposition === "acknowledged").map(({ messageId }) => messageId),
    );
    return records.map(({ messageId }) => messageId).filter((id) => !done.has(id));
  },
  reading: (ports) => ports,
  look: (ports) => ports,
  conclude: (ports) => ports,
  notice: (ports) => ports,
  sweep: (ports) => ports,
};
