import type { ProblemKind } from "../api/problem.ts";
import { MAX_BODY_BYTES } from "../api/request-body.ts";

/** The causes and the remedy of every kind of problem. The `type` of a problem links to this text on the docs page. */
export const PROBLEM_HELP: Readonly<
  Record<ProblemKind, { readonly cause: string; readonly remedy: string }>
> = {
  "malformed-json": {
    cause:
      "The body is empty, incomplete or not JSON. A common reason is a pipeline variable that is not set or not quoted.",
    remedy:
      "Print the body that you send (`curl --trace-ascii -`). Make the body with a tool such as `jq -n`.",
  },
  "invalid-parameter": {
    cause: "A query parameter is unknown, is repeated, or has an invalid value.",
    remedy: "`errors` names each parameter. The operations on this page list their parameters.",
  },
  unauthenticated: {
    cause:
      "The request has no header `authorization: Bearer …`, or the config does not contain the token. The token may have a typo, may be replaced, or may be for another stage. An identity token of a CI system may be expired, or its issuer, audience or claims match no rule.",
    remedy:
      "Send the token without quotes and line breaks. An operator makes a token with `npm run token`, and adds a rule for identity tokens to `oidc`. A new token works within a minute.",
  },
  forbidden: {
    cause:
      "The token is valid, but it does not include this project or target. The response is the same whether the project or target exists or not.",
    remedy:
      "`errors` names what is missing. An operator adds the names to the token's `projects` or `targets`.",
  },
  "not-found": {
    cause:
      "The API has no such path, the service has no watch of this job in this project, or no target has this name. The service deletes a watch after the retention time.",
    remedy: "Check the project and the job ID. `POST /v1/jobs` starts a watch, also for a deleted one.",
  },
  "method-not-allowed": {
    cause: "The path exists, but it does not support this method.",
    remedy: "The header `allow` lists the methods of the path.",
  },
  "not-concluded": {
    cause: "The watch has no outcome to send again. It is still running, or it was stopped.",
    remedy:
      "Wait until `done` is true (`GET …?wait=25`). If the watch was stopped, start it again with `POST /v1/jobs`.",
  },
  "too-large": {
    cause: `The body is larger than ${MAX_BODY_BYTES} bytes.`,
    remedy: "Send at most 100 jobs in a request, and keep `context` short.",
  },
  "unsupported-media-type": {
    cause:
      "The header `content-type` does not say JSON in UTF-8. `curl -d` sends another content type by default.",
    remedy: "Send `content-type: application/json`.",
  },
  "invalid-request": {
    cause:
      "The JSON is valid, but the service cannot do what it asks. Examples are an unknown field, an invalid value and an unknown name.",
    remedy:
      "`errors` lists every fault: `pointer` names a field of the body, `parameter` a parameter of the query. The request had no effect. Fix all faults and send it again.",
  },
  "internal-error": {
    cause: "The service has a bug, or its config cannot be read.",
    remedy:
      "Send the request again: this is safe. If the problem stays, give `instance` to the operator, who finds the cause in the log by this ID.",
  },
  unavailable: {
    cause: "The ledger, a queue or the issuer of an identity token does not respond.",
    remedy:
      "Send the request again after `retry-after` seconds. Repeating it is safe. `GET /v1/health` says what does not respond.",
  },
};
