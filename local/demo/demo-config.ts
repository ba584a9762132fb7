import { createHash, randomBytes } from "node:crypto";
import { type Cloud, PROJECT_ID } from "./cloud.ts";

export interface DemoConfig {
  /** The bearer token; the document holds only its hash. */
  readonly token: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * A config for a machine with nothing but this repository on it: one project at the simulated cloud, a chat and a
 * webhook at the receiver, delays that suit an audience.
 */
export function demoConfig(
  cloud: Pick<Cloud, "url" | "accessKey" | "secretKey">,
  receiverUrl: string,
): DemoConfig {
  const token = `demo-${randomBytes(12).toString("hex")}`;
  const document = {
    projects: {
      demo: {
        projectId: PROJECT_ID,
        region: "eu-de",
        endpoint: cloud.url,
        auth: { kind: "aksk", accessKey: cloud.accessKey, secretKey: cloud.secretKey },
      },
    },
    targets: {
      deploys: { kind: "slack", url: `${receiverUrl}/slack/deploys` },
      audit: {
        kind: "webhook",
        url: `${receiverUrl}/webhook/audit`,
        secrets: [`whsec_${randomBytes(32).toString("base64")}`],
      },
    },
    tokens: {
      demo: { sha256: createHash("sha256").update(token).digest("hex"), projects: ["demo"], targets: ["*"] },
    },
    settings: {
      defaultProject: "demo",
      defaultTargets: ["deploys", "audit"],
      poll: { minDelaySeconds: 1, maxDelaySeconds: 2 },
      retry: { scheduleSeconds: [0, 1, 2, 5, 10] },
      egress: { allow: [new URL(receiverUrl).host] },
      linkKey: randomBytes(16).toString("hex"),
    },
  };
  return { token, document };
}
