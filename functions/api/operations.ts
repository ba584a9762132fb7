import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { refuseInput } from "../../lib/api/no-input.ts";
import type { Refusal } from "../../lib/api/problem.ts";
import { publicUrlOf } from "../../lib/api/public-url.ts";
import { readRedelivery } from "../../lib/api/redelivery.ts";
import { watchKeyFor } from "../../lib/api/watch-key.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import type { Config } from "../../lib/config/config.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { docsResponse, openApiResponse } from "./description.ts";
import { listJobs } from "./list-jobs.ts";
import { type PagesPorts, showJob, showJobs } from "./pages.ts";
import { readStatus, type StatusPorts } from "./read-status.ts";
import { type RedeliverPorts, redeliver } from "./redeliver.ts";
import type { CallerOperation, Operations, Params } from "./router.ts";
import { type StopPorts, stopWatch } from "./stop-watch.ts";
import { type TestTargetPorts, testTarget } from "./test-target.ts";

interface KnownName {
  readonly kind: "projects" | "targets";
  readonly name: string;
}
type Answer = Promise<ApiResponse | Refusal>;

export interface OperationsPorts
  extends Pick<StatusPorts, "tell" | "now" | "wait" | "remainingMs">,
    Pick<RedeliverPorts, "notifyQueue" | "onRedelivered">,
    Pick<TestTargetPorts, "deliver" | "uuid" | "onTested"> {
  readonly ledger: Pick<
    Ledger,
    "readWatch" | "listRecentWatches" | "scheduleSweep" | "startRedelivery" | "switchTargetOn"
  > &
    StatusPorts["ledger"] &
    StopPorts["ledger"];
  readonly onStopped: (key: WatchKey, caller: string) => void;
  /** The config; with a name, one that knows it if any does. */
  readonly readConfig: (known?: KnownName) => Promise<Config>;
  /** The API's own address, for an operator who has set no `publicUrl`. */
  readonly defaultUrl: string;
  readonly health: () => Promise<ApiResponse>;
}

/** Every operation but the acceptance of jobs, over what one request may use. */
export function operationsOf(ports: OperationsPorts): Operations {
  const withConfig = async (known?: KnownName) => ({
    ...ports,
    config: await ports.readConfig(known),
    now: ports.now(),
  });
  const pages = async (known?: KnownName): Promise<PagesPorts> => {
    const given = await withConfig(known);
    return { ...given, publicUrl: publicUrlOf(given.config, ports.defaultUrl) };
  };
  /** The document answers whatever state the config is in; whoever reads configs has told of its faults. */
  const address = async (): Promise<string> => {
    try {
      return publicUrlOf(await ports.readConfig(), ports.defaultUrl);
    } catch {
      return ports.defaultUrl;
    }
  };
  return {
    open: {
      readHealth: () => ports.health(),
      readOpenApi: async (_, request) => openApiResponse(await address(), request),
      readDocs: async (_, request) => docsResponse(request),
      showJob: async (params, request) => showJob(params, request, await pages()),
      showJobs: async (_, request) => showJobs(request, await pages()),
    },
    forCaller: {
      listJobs: async (_, request, caller) => {
        const name = request.query.get("project");
        return listJobs(request, caller, await pages(name === null ? undefined : { kind: "projects", name }));
      },
      readJob: onWatch(async (key, request) =>
        readStatus(key, request, { ...ports, config: await ports.readConfig() }),
      ),
      stopJob: onWatch(async (key, request, caller) => {
        const given = await withConfig();
        const { settings } = given.config;
        const onStopped = () => ports.onStopped(key, caller.name);
        return refuseInput(request) ?? stopWatch(key, { ...given, settings, onStopped });
      }),
      redeliverJob: onWatch(async (key, request, caller) => {
        const asked = readRedelivery(request);
        return asked.kind === "refused"
          ? asked
          : redeliver(key, asked.redelivery, caller, await withConfig());
      }),
      testTarget: async ({ name = "" }, request, caller) =>
        refuseInput(request) ?? testTarget(name, caller, await withConfig({ kind: "targets", name })),
    },
  };
}

function onWatch(
  run: (key: WatchKey, request: ApiRequest, caller: Caller) => Answer,
): Operations["forCaller"][CallerOperation] {
  return async (params: Params, request: ApiRequest, caller: Caller) => {
    const found = watchKeyFor(caller, params);
    return found.kind === "refused" ? found : run(found.key, request, caller);
  };
}
