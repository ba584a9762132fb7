import { findDeploymentFaults } from "../../local/template/deployment-faults.ts";
import * as alarms from "./alarm-rules.ts";
import * as api from "./api-rules.ts";
import { compareConfigParts, compareQueues, compareWithPolicies } from "./commands.ts";
import * as deployment from "./deployment-rules.ts";
import { configChangesInvokeTrail } from "./event-rules.ts";
import * as faultScenarios from "./fault-scenarios.ts";
import * as functions from "./function-rules.ts";
import * as limitScenarios from "./limit-scenarios.ts";
import type { OwnTemplate } from "./own-template.ts";
import * as policies from "./policy-rules.ts";
import * as resources from "./resource-rules.ts";
import * as roles from "./role-rules.ts";
import * as rules from "./rules.ts";

const { alarmsWatchEmittedMetrics, ...ofDeployment } = deployment;
/** The rules about alarms are last, because they are slow. */
const RULES: readonly rules.Rule[] = [
  ...[resources, policies, api, functions, roles, rules, ofDeployment].flatMap((one) =>
    Object.values<rules.Rule>(one),
  ),
  configChangesInvokeTrail,
  compareWithPolicies,
  compareQueues,
  compareConfigParts,
  ({ service }) => [...findDeploymentFaults(service)],
  ...[faultScenarios, limitScenarios, alarms].flatMap((one) => Object.values<rules.Rule>(one)),
];

/** Returns the faults of the first rule that does not hold. A template that a rule cannot read has a fault too. */
export function findTemplateFaults(template: OwnTemplate, emitted: ReadonlySet<string>): readonly string[] {
  for (const rule of [alarmsWatchEmittedMetrics(emitted), ...RULES]) {
    const faults = faultsOf(rule, template);
    if (faults.length > 0) return faults;
  }
  return [];
}

function faultsOf(rule: rules.Rule, template: OwnTemplate): readonly string[] {
  try {
    return rule(template);
  } catch (error) {
    return [String(error)];
  }
}
