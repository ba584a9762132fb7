import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/attempt-delivery.ts";
import type { Target } from "../../lib/channels/registry.ts";
import type { ConfigWithTargets } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Clock, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger, WaitingLimits } from "../../lib/ledger/ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { Act } from "../../lib/runtime/log-act.ts";
import type { AuthenticatePorts } from "../shared/authenticate-and-limit-requests.ts";
import type { ReadLearnedDurations } from "../shared/learned-durations.ts";

/** The objects that the function `api` needs, such as the ledger and the queues. */
export interface ApiPorts extends Omit<AuthenticatePorts, "configs" | "note" | "limitRequests"> {
  readonly ledger: Pick<
    Ledger,
    | "readWatchDocumentOrNull"
    | "readProgressEventuallyConsistent"
    | "addWaitingCallUnlessTooMany"
    | "removeWaitingCall"
    | "readCallerData"
    | "listJobWatchesNewestFirst"
    | "listRecentWatches"
    | "scheduleSweepByAndExtendExpiry"
    | "stopWatch"
    | "startRedeliveryIfLatestIs"
    | "readTargetState"
    | "switchTargetOn"
    | "removeRunningMemberAndCountRemaining"
    | "readDigest"
    | "readDeliveryOrPendingRecord"
    | "readDurationCounts"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly configs: Omit<ConfigSource<ConfigWithTargets>, "check" | "reload">;
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  /** Checks the health of the service, and creates the response to `GET /v1/health`. */
  readonly health: () => Promise<ApiResponse>;
  /** The URL of the API. The service uses this URL only if the config contains no `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: Clock;
  readonly wait: (ms: number) => Promise<void>;
  readonly waitingLimits: WaitingLimits;
  readonly uuid: () => string;
  readonly onDurationsUnread?: (error: unknown) => void;
  /** Called for each change that other users must be able to find in the log, such as the stop of a watch. */
  readonly onAct?: (act: Act) => void;
  readonly onTested?: (name: string, kind: Target["kind"], result: AttemptResult, caller: string) => void;
  /** Called after a redelivery has put notifications into the queue. */
  readonly onRedelivered?: (key: WatchKey & Pick<Watch, "traceparent">, targets: readonly string[]) => void;
}

/** The objects and functions that a handler of one request needs. */
export interface RequestPorts extends ApiPorts, Pick<AuthenticatePorts, "note" | "limitRequests"> {
  readonly remainingMs: () => number;
  readonly durations: ReadLearnedDurations;
}
