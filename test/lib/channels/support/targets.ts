import { Target, type TargetKind } from "../../../../lib/channels/registry.ts";

export const WHSEC = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

/** Creates a target of the given kind with all secrets that a target of this kind can have. */
export function targetOf(kind: TargetKind, url: string): Target {
  const withSecret = Target.safeParse({ kind, url, secret: "chat-secret-1" });
  if (withSecret.success) return withSecret.data;
  return Target.parse(
    kind === "webhook"
      ? { kind, url, secrets: [WHSEC], headers: { "X-Key": "header-value-1" } }
      : { kind, url },
  );
}
