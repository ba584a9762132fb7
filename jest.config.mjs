export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Packages are built there while tests run.
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
  // Tests on the embedded stack wait more than they work: two at once use two cores well.
  maxWorkers: 2,
  testTimeout: 15_000,
};
