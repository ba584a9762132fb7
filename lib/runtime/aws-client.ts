import { awsRequestHandler } from "./aws-request-handler.ts";
import { Sha256 } from "./sha256.ts";

/**
 * How every AWS client is made; they share their connections. `cacheMiddleware`: a client puts its middleware together
 * once for each command, and not again for each request; none is added later.
 */
export const AWS_CLIENT = {
  cacheMiddleware: true,
  sha256: Sha256,
  requestHandler: awsRequestHandler(),
} as const;
