import { EGRESS_REFUSED } from "../domain/job.ts";
import type { EgressRule } from "./egress-rules.ts";

/** Thrown where a socket would have been opened to an address that must not be dialled. Names the rule, nothing else. */
export class EgressRefusedError extends Error {
  readonly code = EGRESS_REFUSED;
  readonly rule: EgressRule;

  constructor(rule: EgressRule) {
    super(`the address is not one to call (${rule})`);
    this.name = "EgressRefusedError";
    this.rule = rule;
  }
}
