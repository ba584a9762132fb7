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

/** Channels: the folders below lib/channels, but for what chats share. */
const CHANNELS = ["slack", "webhook", "feishu", "dingtalk", "wecom", "teams", "discord"];

const FUNCTIONS = ["enqueue", "poll", "notify", "api", "sweep", "audit"];

/** Packages of types: nothing of them is left in a bundle. (The linter turns their imports into `import type`.) */
const TYPES_ONLY = "node_modules/@(types|slack/types)/";

/** What a function may load of zod: its small build. */
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
      name: "lib-holds-layers-alone",
      severity: "error",
      from: { path: "^lib/", pathNot: `^lib/(${LAYERS.join("|")})/` },
      to: {},
    },
    ...CHANNELS.map((channel) => ({
      name: `channel-${channel}-imports-no-other-channel`,
      severity: "error",
      from: { path: `^lib/channels/${channel}/` },
      to: { path: `^lib/channels/(${CHANNELS.filter((other) => other !== channel).join("|")})/` },
    })),
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
      name: "pure-code-needs-no-system",
      comment: "domain, schedule and every channel's message: no module of Node but hashes, no HTTP.",
      severity: "error",
      from: { path: "^lib/(domain|schedule)/|^lib/channels/([^/]+/message|chat/[^/]+)\\.ts$" },
      to: { path: "^lib/http/" },
    },
    {
      name: "pure-code-needs-no-module-of-node",
      severity: "error",
      from: { path: "^lib/(domain|schedule)/|^lib/channels/([^/]+/message|chat/[^/]+)\\.ts$" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "the-product-never-imports-tools",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: { path: "^(local|bench|client|server|test|examples)/" },
    },
    {
      // All of zod takes ten times as long to load, with every function.
      name: "the-product-takes-zod-mini",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: { path: "node_modules/zod/", pathNot: ZOD_MINI },
    },
    {
      name: "no-circles",
      severity: "error",
      from: { path: "^(functions|lib|local|bench|client)/" },
      to: { circular: true },
    },
    {
      name: "no-development-dependency-in-the-product",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: {
        dependencyTypes: ["npm-dev"],
        dependencyTypesNot: ["type-only"],
        pathNot: TYPES_ONLY,
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    // TypeScript 7 has no API for tools; without this line every run warns that sources may be missed.
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
