import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { resourcesOf, TemplateInvalidError } from "./resources.ts";
import type { Template } from "./template.ts";

/** API Gateway's limit, and its default, for how long an HTTP API waits for a function. */
const MAX_INTEGRATION_MS = 30_000;

const Integration = z.object({
  IntegrationType: z.literal("AWS_PROXY"),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal("2.0"),
  TimeoutInMillis: z.coerce.number().int().min(50).max(MAX_INTEGRATION_MS).default(MAX_INTEGRATION_MS),
});
const Route = z.object({ RouteKey: z.string(), Target: z.string() });

/** A route of the HTTP API and the function behind it. */
export interface RouteResource {
  /** `POST /v1/jobs`, `ANY /files/{path+}` or `$default`. */
  readonly routeKey: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export function readRoutes(template: Template, scope: Scope): readonly RouteResource[] {
  const integrations = new Map(
    resourcesOf(template, "AWS::ApiGatewayV2::Integration", Integration, scope).map(
      ({ logicalId, properties }) => [`integrations/${scope.ref(logicalId)}`, properties],
    ),
  );
  return resourcesOf(template, "AWS::ApiGatewayV2::Route", Route, scope).map(({ logicalId, properties }) => {
    const integration = integrations.get(properties.Target);
    if (!integration)
      throw new TemplateInvalidError(`${logicalId} points to ${properties.Target}, which the template lacks`);
    return {
      routeKey: properties.RouteKey,
      functionArn: integration.IntegrationUri,
      timeoutMs: integration.TimeoutInMillis,
    };
  });
}
