import { MAX_BODY_BYTES } from "../api/body.ts";
import type { ProblemKind } from "../api/problem.ts";

export interface ProblemHelp {
  readonly cause: string;
  readonly remedy: string;
}

/** What each kind of problem comes from, and what helps: where its `type` leads to. Loaded with the page alone. */
export const PROBLEM_HELP: Readonly<Record<ProblemKind, ProblemHelp>> = {
  "malformed-json": {
    cause:
      "The body is empty, cut off, or no JSON at all: often a variable of a pipeline that was not set or not quoted.",
    remedy: "Look at what is really sent (`curl --trace-ascii -`), and let a tool such as `jq -n` make it.",
  },
  "invalid-parameter": {
    cause:
      "A parameter of the query is not one of this call, is given too often, or has a value it cannot have.",
    remedy: "`errors` names each by `parameter`. The sections above list what each call takes.",
  },
  unauthenticated: {
    cause:
      "There is no header `authorization: Bearer …`, or its token is not one of the config: mistyped, replaced, for another stage, or a CI's identity token that has expired or whose issuer, audience or claims match no rule.",
    remedy:
      "Send the token as it was given, without quotes or line ends around it. An operator makes one with `npm run token`, and a rule for identity tokens in `oidc`. A new one is known within a minute.",
  },
  forbidden: {
    cause:
      "The token is known, but does not cover the project or target. The answer is the same whether that exists or not.",
    remedy:
      "`errors` names the scopes that are missing. An operator adds them to the token's `projects` or `targets`.",
  },
  "not-found": {
    cause:
      "The path is none of this API; or no job of that ID was handed over in that project, or it was forgotten after the retention of the operator's choice; or no target of that name is configured.",
    remedy: "Check project and job ID. `POST /v1/jobs` hands a job over, also one that was forgotten.",
  },
  "method-not-allowed": {
    cause: "The path is right, the method is not.",
    remedy: "The header `allow` lists the methods of this path.",
  },
  "not-concluded": {
    cause: "There is no outcome to send again: the job is still watched, or its watch was stopped.",
    remedy:
      "Wait until `done` is true (`GET …?wait=25`). A watch that was stopped is taken up again by `POST /v1/jobs`.",
  },
  "too-large": {
    cause: `The body has more than ${MAX_BODY_BYTES} bytes.`,
    remedy: "Hand over at most 100 jobs in a call, and keep `context` short.",
  },
  "unsupported-media-type": {
    cause:
      "The header `content-type` says that the body is something else than JSON in UTF-8. `curl -d` says so by default.",
    remedy: "Send `content-type: application/json`.",
  },
  "invalid-request": {
    cause:
      "The request can be read, but not fulfilled as it is: a field that is not known, a value it cannot have, a name that is not configured.",
    remedy:
      "`errors` names every fault with its place: `pointer` in the body, `parameter` in the query. Nothing was done; mend them all and ask again.",
  },
  unavailable: {
    cause:
      "Something that the service stands on does not answer: its ledger, a queue, or the issuer of an identity token.",
    remedy: "Ask again after `retry-after` seconds: that is harmless. `GET /v1/health` says what it is.",
  },
};
