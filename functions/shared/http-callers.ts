import type { ConfigSource } from "../../lib/config/config-source.ts";
import { guardedFetch } from "../../lib/http/guarded-fetch.ts";
import { systemClock } from "../../lib/runtime/clock.ts";
import type { AuthenticatePorts } from "./authenticate.ts";
import { createIdentify } from "./authenticate-identity.ts";
import { tellIssuerFailure } from "./authenticate-log.ts";

/** No project has this name, so asking for it reads the config again, unless that was just done. */
const NO_PROJECT = "";

/** What both HTTP functions need to know who is calling, beside where to note it. */
export function callersOf(configs: ConfigSource): Omit<AuthenticatePorts, "note"> {
  return {
    config: { current: configs.current, reread: () => configs.knowing("projects", NO_PROJECT) },
    identify: createIdentify((allow) => guardedFetch({ allow }), systemClock),
    onIssuerFailure: tellIssuerFailure,
  };
}
