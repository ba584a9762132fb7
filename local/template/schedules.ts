import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { resourcesOf, TemplateInvalidError } from "./resources.ts";
import type { Template } from "./template.ts";

const Properties = z.object({
  ScheduleExpression: z.string(),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  Targets: z.array(z.object({ Arn: z.string(), Input: z.string().optional() })),
});

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

export interface Schedule {
  readonly ruleArn: string;
  readonly functionArn: string;
  readonly everyMs: number;
  /** JSON that the rule passes on in place of the scheduled event. */
  readonly input: string | null;
}

/** The schedules of a template that are switched on. Only `rate(…)` is understood; `cron(…)` throws. */
export function readSchedules(template: Template, scope: Scope): readonly Schedule[] {
  return resourcesOf(template, "AWS::Events::Rule", Properties, scope)
    .filter(({ properties }) => properties.State === "ENABLED")
    .flatMap(({ logicalId, properties }) => {
      const everyMs = rateMs(properties.ScheduleExpression);
      if (everyMs === null)
        throw new TemplateInvalidError(
          `${logicalId}: the embedded stack understands rate(5 minutes) and the like, not ${properties.ScheduleExpression}`,
        );
      const ruleArn = scope.getAtt(logicalId, "Arn");
      return properties.Targets.map(({ Arn, Input }) => ({
        ruleArn,
        functionArn: Arn,
        everyMs,
        input: Input ?? null,
      }));
    });
}

function rateMs(expression: string): number | null {
  const rate = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  return rate ? Number(rate[1]) * (UNIT_MS[rate[2] ?? ""] ?? Number.NaN) : null;
}
