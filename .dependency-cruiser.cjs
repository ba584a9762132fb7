const { readdirSync } = require("node:fs");
const { join } = require("node:path");

/** The layers of lib/, lowest first. Each may import itself and those before it, never one after it. */
const LAYERS = [
  "domain",
  "http",
  "channels",
  "config",
  "cce",
  "schedule",
  "ledger",
  "queue",
  "auth",
  "api",
  "pages",
  "openapi",
  "runtime",
];

const FUNCTIONS = readdirSync(join(__dirname, "functions")).filter((name) => name !== "shared");

/** Packages of types. The bundles contain nothing of them. The linter turns their imports into `import type`. */
const TYPES_ONLY = "node_modules/@(types|slack/types)/";

/** The small build of zod, the only one that a function may load. */
const ZOD_MINI = "node_modules/zod/mini/";

module.exports = {
  forbidden: [
    ...LAYERS.map((layer, index) => ({
      name: `layer-${layer}-imports-no-higher-layer`,
      severity: "error",
      from: { path: `^lib/${layer}/` },
      to: { path: `^(functions/|lib/(${[...LAYERS.slice(index + 1), "-"].join("|")})/)` },
    })),
    {
      name: "lib-has-only-layers",
      severity: "error",
      from: { path: "^lib/", pathNot: `^lib/(${LAYERS.join("|")})/` },
      to: {},
    },
    {
      name: "channel-imports-no-other-channel",
      comment: "The folder lib/channels/chat is shared by all chats and is no channel.",
      severity: "error",
      from: { path: "^lib/channels/([^/]+)/", pathNot: "^lib/channels/chat/" },
      to: { path: "^lib/channels/[^/]+/", pathNot: "^lib/channels/($1|chat)/" },
    },
    ...FUNCTIONS.map((name) => ({
      name: `function-${name}-imports-no-other-function`,
      severity: "error",
      from: { path: `^functions/${name}/` },
      to: { path: `^functions/(${FUNCTIONS.filter((other) => other !== name).join("|")})/` },
    })),
    {
      name: "functions-shared-imports-no-function",
      severity: "error",
      from: { path: "^functions/shared/" },
      to: { path: `^functions/(${FUNCTIONS.join("|")})/` },
    },
    {
      name: "pure-code-imports-no-http",
      comment: "The domain, the schedule and every channel's message are pure: they import no HTTP.",
      severity: "error",
      from: { path: "^lib/(domain|schedule)/|^lib/channels/([^/]+/message|chat/[^/]+)\\.ts$" },
      to: { path: "^lib/http/" },
    },
    {
      name: "pure-code-imports-no-node-module",
      severity: "error",
      from: { path: "^lib/(domain|schedule)/|^lib/channels/([^/]+/message|chat/[^/]+)\\.ts$" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "product-imports-no-tool",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: { path: "^(local|bench|client|server|test|examples)/" },
    },
    {
      name: "server-imports-no-tool",
      comment: "The process of the one-node edition is the product. An operator's command may import it.",
      severity: "error",
      from: { path: "^server/" },
      to: { path: "^(local|bench|client|test|examples)/" },
    },
    {
      name: "server-imports-no-aws-client",
      comment: "The one-node edition runs without AWS and does not load the AWS SDK.",
      severity: "error",
      from: { path: "^server/" },
      to: {
        path: "^lib/(ledger/dynamo/|queue/sqs-queue|runtime/(aws-|ssm-config))|^functions/[^/]+/handler.ts|@aws-sdk/",
      },
    },
    {
      // The full build of zod takes ten times as long to load as the small one.
      name: "product-imports-zod-mini",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: { path: "node_modules/zod/", pathNot: ZOD_MINI },
    },
    {
      name: "no-circular-import",
      severity: "error",
      from: { path: "^(functions|lib|server|local|bench|client)/" },
      to: { circular: true },
    },
    {
      name: "product-imports-no-development-dependency",
      severity: "error",
      from: { path: "^(functions|lib|server)/" },
      to: {
        dependencyTypes: ["npm-dev"],
        dependencyTypesNot: ["type-only"],
        pathNot: TYPES_ONLY,
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // This parser sees type imports too. TypeScript 7 has no API for tools, so "tsPreCompilationDeps" has no parser.
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
