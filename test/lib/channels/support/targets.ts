import { Target, type TargetKind } from "../../../../lib/channels/targets.ts";

export const WHSEC = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
export const TARGET_KINDS: TargetKind[] = [
  "slack",
  "webhook",
  "feishu",
  "dingtalk",
  "wecom",
  "teams",
  "discord",
];

/** A target of this kind with everything secret it can have. */
export function targetOf(kind: TargetKind, url: string): Target {
  switch (kind) {
    case "webhook":
      return Target.parse({ kind, url, secrets: [WHSEC], headers: { "X-Key": "header-value-1" } });
    case "feishu":
    case "dingtalk":
      return Target.parse({ kind, url, secret: "chat-secret-1" });
    default:
      return Target.parse({ kind, url });
  }
}
