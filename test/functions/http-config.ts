import { createHash } from "node:crypto";
import { Secret } from "../../lib/domain/secret.ts";

export const START = Date.parse("2026-11-23T09:00:00.000Z");
const LINK_KEY = "7f3k9q2m5x8w1z4c6v0b3n7j5h2g8d1s";
/** The options of links with the link key of the config. */
export const LINKS = {
  publicUrl: "",
  linkKeys: [new Secret(LINK_KEY)],
  linkDays: 30,
  linkVersions: { prod: 0, secret: 0 },
};
export const TOKENS = { all: "token-of-all", team: "token-of-team", rotated: "token-rotated" };

const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
/** The topic of SMN in the config. */
export const TOPIC = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events";
const project = { projectId: "0bcc", region: "eu-de", auth: { kind: "token", token: "t" } };

/**
 * A config with two projects, three targets and two tokens. One token may use all projects and targets, and the second
 * token may use one project and one target. Both tokens may use all operations.
 */
export const CONFIG = {
  projects: { prod: { ...project, discover: { notify: [], topics: [TOPIC] } }, secret: project },
  targets: {
    deploys: { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/X", on: ["failed"] },
    audit: { kind: "webhook", url: "https://audit.example.com/in", secrets: [`whsec_${"A".repeat(40)}`] },
    ops: { kind: "feishu", url: "https://open.feishu.cn/open-apis/bot/v2/hook/x" },
  },
  tokens: {
    all: {
      sha256: [sha256(TOKENS.all), sha256(TOKENS.rotated)],
      projects: ["*"],
      targets: ["*"],
      operations: ["*"],
    },
    team: { sha256: sha256(TOKENS.team), projects: ["prod"], targets: ["deploys"], operations: ["*"] },
  },
  settings: {
    defaultProject: "prod",
    defaultTargets: ["deploys", "audit"],
    callbackHosts: ["hooks.example.com"],
    linkKeys: [LINK_KEY],
    // Property tests send many requests in a moment.
    limits: { requestsPerMinute: 0 },
    publicUrl: "https://notifier.example.com",
  },
};
