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
  // Tests on the embedded stack mostly wait, so three workers use two cores well.
  maxWorkers: 3,
  testTimeout: 15_000,
  testSequencer: "<rootDir>/test/support/slow-tests-first.ts",
  testEnvironment: "./test/support/test-environment.ts",
  testEnvironmentOptions: { maxCpuSeconds: 5 },
  globalSetup: "<rootDir>/test/support/create-temporary-folder.ts",
  globalTeardown: "<rootDir>/test/support/remove-temporary-folder.ts",
};
