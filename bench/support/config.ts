import { createHash } from "node:crypto";
import { configEntries } from "../../local/stack/config-file.ts";

export const TOKEN = "bench-token";
export const PROJECT = "prod";
export const TARGET = "audit";

/** A config whose project and target are the local wire. */
export function benchConfig(origin: string) {
  return configEntries({
    projects: {
      [PROJECT]: {
        projectId: "0bccafc4e6f44c3b9a3e0c0a9f9bdb8a",
        region: "eu-de",
        endpoint: origin,
        auth: { kind: "aksk", accessKey: "BENCHACCESSKEY", secretKey: "bench-secret-key" },
      },
    },
    targets: {
      [TARGET]: {
        kind: "webhook",
        url: `${origin}/receiver`,
        secrets: [`whsec_${Buffer.alloc(32, 7).toString("base64")}`],
      },
    },
    tokens: {
      bench: { sha256: createHash("sha256").update(TOKEN).digest("hex"), projects: ["*"], targets: ["*"] },
    },
    settings: {
      defaultProject: PROJECT,
      defaultTargets: [TARGET],
      maxPolls: 100_000,
      deadlineMinutes: 10_080,
      egress: { allow: ["127.0.0.1/32"] },
      linkKey: "bench-link-key",
    },
  });
}
