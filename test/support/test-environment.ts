import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { constants, default as vm } from "node:vm";
import type { EnvironmentContext, JestEnvironmentConfig } from "@jest/environment";
import type { Circus } from "@jest/types";
import { TestEnvironment } from "jest-environment-node";
import SLOW_TESTS from "../slow-tests.json" with { type: "json" };

/** The number of clock ticks per second. The kernel counts the CPU time of ended child processes in clock ticks. */
const TICKS_PER_SECOND = 100;

/**
 * The environment in which Jest runs a test file. This environment differs from the environment of Jest in three
 * points:
 *
 * - Its global object is an ordinary object. With the global object of Jest, Node.js finds each global name such as
 *   `Math` through a proxy. This made tests that compute a lot up to seven times slower.
 * - A test fails if it needs more than `maxCpuSeconds` of jest.config.mjs and `test/slow-tests.json` does not list its
 *   file. The limit is for the CPU time, because other programs change the elapsed time of a test.
 * - A process of Jest compiles each module only once, although each test file has its own copies of the modules.
 */
export default class FastEnvironment extends TestEnvironment {
  readonly #file: string;
  readonly #maxSeconds: number;
  #startedAt = 0;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    const { createContext } = vm;
    vm.createContext = () => createContext(constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    this.#file = relative(config.globalConfig.rootDir, context.testPath).replaceAll("\\", "/");
    this.#maxSeconds = Number(config.projectConfig.testEnvironmentOptions.maxCpuSeconds);
  }

  async handleTestEvent({ name }: Circus.Event): Promise<void> {
    if (name === "test_fn_start") this.#startedAt = cpuSeconds();
    if (name !== "test_fn_success" || this.#file in SLOW_TESTS) return;
    const seconds = cpuSeconds() - this.#startedAt;
    if (seconds > this.#maxSeconds)
      throw new Error(
        `The test took ${seconds.toFixed(1)} s of CPU time. Make it cheaper, or list ${this.#file} in test/slow-tests.json.`,
      );
  }
}

/** The compiled code of the modules that this process has loaded, by file. */
const compiled = new Map<string, { readonly source: string; readonly code: Buffer }>();

/** `@types/node` does not describe this method of `SourceTextModule`. */
interface CachedDataSource {
  createCachedData(): Buffer;
}

/** Returns the compiled code of a file. If the source has changed, or the file is new, the result is undefined. */
function findCompiled(file: string | undefined, source: string): Buffer | undefined {
  const found = compiled.get(file ?? "");
  return found?.source === source ? found.code : undefined;
}

/**
 * Makes `node:vm` reuse compiled code. Jest compiles an ES module with `SourceTextModule`, and a CommonJS module with
 * `compileFunction`. Node.js itself does not reuse the compiled code, because Jest passes a new import function for
 * each module.
 */
function reuseCompiledCode(): void {
  const { SourceTextModule, compileFunction } = vm;
  vm.SourceTextModule = class extends SourceTextModule {
    constructor(source: string, options: vm.SourceTextModuleOptions = {}) {
      const { identifier } = options;
      const cachedData = findCompiled(identifier, source);
      super(source, { ...options, cachedData });
      if (identifier !== undefined && cachedData === undefined)
        compiled.set(identifier, { source, code: (this as unknown as CachedDataSource).createCachedData() });
    }
  };
  vm.compileFunction = (source, parameters, options = {}) => {
    const { filename } = options;
    const cachedData = findCompiled(filename, source);
    const made = compileFunction(source, parameters, {
      ...options,
      cachedData,
      produceCachedData: cachedData === undefined,
    });
    if (filename !== undefined && made.cachedData) compiled.set(filename, { source, code: made.cachedData });
    return made;
  };
}
reuseCompiledCode();

/** Returns the CPU time of this process and, on Linux, of its child processes that have ended. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  if (process.platform !== "linux") return own;
  const status = readFileSync("/proc/self/stat", "utf8");
  // The name of the program is in parentheses and may contain spaces. The children's times are the fields 16 and 17
  // (proc(5)).
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return own + (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
