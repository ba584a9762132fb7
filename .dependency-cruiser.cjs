/** The rule of rooms: lib/<room> imports itself and the ground floor (files directly in lib/); only functions/ joins rooms. */
const rooms = ["cce", "poll", "report", "deliver", "ledger", "queue", "api", "runtime"];

/** Packages of types: nothing of them is left in a bundle. (The linter turns their imports into `import type`.) */
const TYPES_ONLY = "node_modules/@(types|slack/types)/";

/** What a function may load of zod: its small build. */
const ZOD_MINI = "node_modules/zod/mini/";

module.exports = {
  forbidden: [
    ...rooms.map((room) => ({
      name: `room-${room}-stands-alone`,
      severity: "error",
      from: { path: `^lib/${room}/` },
      to: { path: "^lib/[^/]+/", pathNot: `^lib/${room}/` },
    })),
    {
      name: "ground-floor-imports-no-room",
      severity: "error",
      from: { path: "^lib/[^/]+\\.ts$" },
      to: { path: "^(lib/[^/]+/|functions/)" },
    },
    {
      name: "nothing-imports-upward",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: "^functions/" },
    },
    {
      name: "the-product-never-imports-its-surroundings",
      severity: "error",
      from: { path: "^(functions|lib)/" },
      to: { path: "^(local|bench|client|test|examples)/" },
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
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
