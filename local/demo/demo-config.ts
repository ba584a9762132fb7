import { createHash, randomBytes } from "node:crypto";

export interface DemoConfig {
  /** The bearer token; the document holds only its hash. */
  readonly token: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * A config for a machine with nothing but this repository on it: one project at the simulated cloud, a chat and a
 * webhook at the sink, delays that suit an audience.
 */
export function demoConfig(urls: { cce: string; sink: string }): DemoConfig {
  const token = `demo-${randomBytes(12).toString("hex")}`;
  const document = {
    projects: {
      demo: {
        projectId: "0bcc5e8f5a0010d22f1dc00ade5f4d7e",
        region: "eu-de",
        endpoint: urls.cce,
        auth: { kind: "aksk", accessKey: "DEMOACCESSKEY0000001", secretKey: "demo-secret-key" },
      },
    },
    targets: {
      deploys: { kind: "slack", url: `${urls.sink}/slack/deploys` },
      audit: {
        kind: "webhook",
        url: `${urls.sink}/webhook/audit`,
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
      egress: { allow: [new URL(urls.sink).host, new URL(urls.cce).host] },
      linkKey: randomBytes(16).toString("hex"),
    },
  };
  return { token, document };
}
