// In UTC, a test would miss a local time. This time zone has a half hour and daylight saving time.
process.env.TZ = "America/St_Johns";

export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Tests build packages in this folder.
  modulePathIgnorePatterns: ["<rootDir>/build"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript" },
          target: "es2024",
          experimental: { keepImportAttributes: true },
        },
        module: { type: "es6" },
      },
    ],
  },
  // Tests on the embedded stack mostly wait, so six workers use two cores well.
  maxWorkers: 6,
  // Node.js frees the modules of a test file only when the worker ends. Without this limit, a worker grows to almost
  // 2 GB. Such a worker needs more than half a second to end, and Jest reports it as hanging.
  workerIdleMemoryLimit: "700MB",
  // This limit only ends a test that hangs, so that no test depends on the speed of the machine. maxCpuSeconds limits
  // tests.
  testTimeout: 900_000,
  testSequencer: "<rootDir>/test/support/slow-tests-first.ts",
  testEnvironment: "./test/support/test-environment.ts",
  // A test needs up to twice the CPU time next to other programs, so a test of more than 5 s on a quiet machine is
  // listed.
  testEnvironmentOptions: { maxCpuSeconds: 10 },
  globalSetup: "<rootDir>/test/support/create-temporary-folder.ts",
  globalTeardown: "<rootDir>/test/support/remove-temporary-folder.ts",
};
