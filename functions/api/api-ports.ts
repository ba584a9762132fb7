import type { ApiResponse } from "../../lib/api/http-message.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/attempt-delivery.ts";
import type { Target } from "../../lib/channels/registry.ts";
import type { ConfigWithTargets } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger, WaitingLimits } from "../../lib/ledger/ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { Act } from "../../lib/runtime/log-act.ts";
import type { AuthenticatePorts } from "../shared/authenticate-and-limit-requests.ts";
import type { ReadLearnedDurations } from "../shared/learned-durations.ts";

/** What the API needs. */
export interface ApiPorts extends Omit<AuthenticatePorts, "configs" | "note" | "limitRequests"> {
  readonly ledger: Pick<
    Ledger,
    | "readWatch"
    | "readProgressEventuallyConsistent"
    | "addWaitingCallIfAllowed"
    | "removeWaitingCall"
    | "readCallerData"
    | "listJobWatches"
    | "listRecentWatches"
    | "scheduleSweepByAndExtendExpiry"
    | "stopWatch"
    | "startRedeliveryIfLatestIs"
    | "readTarget"
    | "switchTargetOn"
    | "removeRunningMemberAndCountRemaining"
    | "readDigest"
    | "readDeliveryOrPendingRecord"
    | "readDurationCounts"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly configs: Omit<ConfigSource<ConfigWithTargets>, "check" | "reload">;
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  /** Creates the response to `GET /v1/health`. */
  readonly health: () => Promise<ApiResponse>;
  /** The public URL if the config has no `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  readonly waitingLimits: WaitingLimits;
  readonly uuid: () => string;
  readonly onDurationsUnread?: (error: unknown) => void;
  /** Reports a change that affects others, by default in a log line. */
  readonly onAct?: (act: Act) => void;
  readonly onTested?: (name: string, kind: Target["kind"], result: AttemptResult, caller: string) => void;
  /** Reports queued notifications of a redelivery, by default in a log line. */
  readonly onRedelivered?: (key: WatchKey & Pick<Watch, "traceparent">, targets: readonly string[]) => void;
}

/** The objects that the API needs, and the data of one request. */
export interface RequestPorts extends ApiPorts, Pick<AuthenticatePorts, "note" | "limitRequests"> {
  readonly remainingMs: () => number;
  readonly durations: ReadLearnedDurations;
}
