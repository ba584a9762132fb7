import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { ParseArgsConfig } from "node:util";
import { ConfigInvalidError, ConfigUnreadableError } from "../lib/config/config-source.ts";
import { describeFileError } from "../lib/config/replace-env-and-file-references.ts";
import { isValidAllowEntry, parseAllowListIgnoringInvalid } from "../lib/http/egress-rules.ts";
import { OUTGOING_PROXY } from "../lib/runtime/environment.ts";
import { log } from "../lib/runtime/log.ts";
import { ArgumentError, parseStrictArguments } from "./parse-strict-arguments.ts";
import { ListenError } from "./process/http-server.ts";
import { type RunningService, type ServiceOptions, startService } from "./process/service.ts";
import { DataUnusableError } from "./store/database-file.ts";

export const SERVE_USAGE = `Runs the service on this machine.

Usage:
  cce-notifier serve --config FILE --data DIR [options]

Options:
  --config FILE         the config file (docs/configuration.md)
  --data DIR            the directory of the database; is created if it does not
                        exist
  --port N              the port (default: 8080; 0: any free port)
  --host ADDRESS        the address on which the service listens (default:
                        127.0.0.1; 0.0.0.0: all addresses)
  --tls-cert FILE       the certificate chain in PEM; the service then speaks
                        HTTPS
  --tls-key FILE        the private key in PEM
  --trusted-proxy LIST  addresses and CIDR ranges of proxies that name the
                        client in X-Forwarded-For; may be repeated

SIGTERM stops the service. SIGHUP reads the config file again.
Exit status: 0 after a stop, 1 if the service cannot start, 2 for wrong usage.
`;

const OPTIONS = {
  config: { type: "string" },
  data: { type: "string" },
  port: { type: "string", default: "8080" },
  host: { type: "string", default: "127.0.0.1" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "trusted-proxy": { type: "string", multiple: true, default: [] },
  help: { type: "boolean", short: "h", default: false },
} as const satisfies ParseArgsConfig["options"];

/** Runs the service until a stop signal arrives, and returns the exit status. */
export async function serve(argv: readonly string[], env: ServiceOptions["env"]): Promise<number> {
  const startedAt = performance.now();
  let service: RunningService;
  let signals: Signals;
  try {
    const options = readOptions(argv, env);
    if (options === null) {
      process.stdout.write(SERVE_USAGE);
      return 0;
    }
    // The signal listeners are added before the service starts, because a signal without a listener ends the process.
    signals = listenForSignals();
    service = await startService(options);
  } catch (error) {
    const isUsageError = error instanceof ArgumentError;
    process.stderr.write(
      `cce-notifier: ${describeStartError(error)}\n${isUsageError ? `\n${SERVE_USAGE}` : ""}`,
    );
    return isUsageError ? 2 : 1;
  }
  log.info("ready", { api: service.url, startMs: Math.round(performance.now() - startedAt) });
  signals.onReload(() => void service.reload());
  await signals.stop;
  log.info("stopping", {});
  await service.stop();
  log.info("stopped", {});
  // An unfinished delivery attempt has an open connection, which would keep the process running.
  process.exit(0);
}

interface Signals {
  /** A promise that resolves at the first SIGTERM or SIGINT. */
  readonly stop: Promise<void>;
  /**
   * Calls `reload` each time the signal SIGHUP arrives. If SIGHUP has already arrived, `reload` is called immediately.
   */
  onReload(reload: () => void): void;
}

function listenForSignals(): Signals {
  let reload: (() => void) | null = null;
  let isReloadDue = false;
  process.on("SIGHUP", () => {
    isReloadDue = true;
    reload?.();
  });
  return {
    stop: new Promise<void>((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
    }),
    onReload(listener) {
      reload = listener;
      if (isReloadDue) listener();
    },
  };
}

function readOptions(argv: readonly string[], env: ServiceOptions["env"]): ServiceOptions | null {
  const { values } = parseStrictArguments({ args: [...argv], options: OPTIONS });
  if (values.help) return null;
  const { config, data, port, host } = values;
  if (config === undefined || data === undefined)
    throw new ArgumentError("serve needs --config FILE and --data DIR");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new ArgumentError("--port must be a number from 0 to 65535");
  const proxies = values["trusted-proxy"].flatMap((list) => list.split(","));
  const wrong = proxies.find((entry) => !isAddressOrRange(entry));
  if (wrong !== undefined)
    throw new ArgumentError(
      `--trusted-proxy: '${wrong}' is not an address or a CIDR range, such as 10.0.0.7 or 10.0.0.0/8`,
    );
  return {
    configFile: config,
    dataDirectory: data,
    env,
    host,
    port: Number(port),
    tls: readTls(values["tls-cert"], values["tls-key"]),
    trustedProxies: parseAllowListIgnoringInvalid(proxies),
    proxy: OUTGOING_PROXY,
  };
}

/** Only IP addresses and IP ranges are valid here. A host name or a port is refused. */
function isAddressOrRange(entry: string): boolean {
  const [address = ""] = entry.trim().split("/");
  return isIP(address) !== 0 && isValidAllowEntry(entry);
}

function readTls(cert: string | undefined, key: string | undefined): ServiceOptions["tls"] {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined)
    throw new ArgumentError("--tls-cert and --tls-key belong together");
  const tls = { cert: readPem("--tls-cert", cert), key: readPem("--tls-key", key) };
  try {
    createSecureContext(tls);
  } catch {
    throw new ArgumentError(
      "--tls-cert needs a certificate in PEM, and --tls-key needs its private key in PEM without a passphrase",
    );
  }
  return tls;
}

function readPem(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ArgumentError(`${option}: the file ${file} ${describeFileError(error)}`);
  }
}

function describeStartError(error: unknown): string {
  if (error instanceof ConfigUnreadableError)
    return `${error.message}: ${error.cause instanceof Error ? error.cause.message : error.cause}`;
  const isKnown = [DataUnusableError, ListenError, ConfigInvalidError, ArgumentError].some(
    (kind) => error instanceof kind,
  );
  return isKnown && error instanceof Error ? error.message : String(error);
}
