import { SSMClient } from "@aws-sdk/client-ssm";
import { type ConfigSource, createConfigSource } from "../config/config-source.ts";
import { AWS_CLIENT } from "./aws-client.ts";
import { systemClock } from "./clock.ts";
import { log } from "./log.ts";
import { meter } from "./metrics.ts";
import { readParameters } from "./parameters.ts";

/** The config below `path` in SSM Parameter Store. A bad one is logged, counted, and the last good one kept. */
export function ssmConfig(path: string): ConfigSource {
  const client = new SSMClient(AWS_CLIENT);
  return createConfigSource({
    readEntries: () => readParameters(client, path),
    now: systemClock,
    onFault: (error) => {
      meter.add("ConfigInvalid", 1);
      log.error("config invalid", { path }, error);
    },
  });
}
