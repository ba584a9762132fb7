import { SSMClient } from "@aws-sdk/client-ssm";
import { channelOf } from "../../lib/channels/registry.ts";
import { assembleConfigDocumentOrListFaults, type ConfigEntry } from "../../lib/config/assemble-config.ts";
import type { ParsedConfig } from "../../lib/config/config.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import { monotonicClock, systemRandom, systemWait } from "../../lib/runtime/clock.ts";
import {
  ConfigFileInvalidError,
  formatFaultList,
  readConfigDocument,
  splitConfigIntoEntries,
} from "../stack/config-file.ts";
import { applyPlanSteps } from "./apply-plan.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { entriesAfterSteps, planConfigSteps } from "./config-plan.ts";
import { formatConfigWithoutSecrets, parseEntries, readDeployedEntries } from "./deployed-config.ts";
import {
  configPath,
  formatStageLine,
  resolveStage,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
} from "./deployed-stage.ts";
import { checkIssuers } from "./doctor/issuer-checks.ts";
import { findIneffectiveEntries } from "./ineffective-entries.ts";
import { findDocumentParameterFaults, findParameterFaults } from "./parameter-limits.ts";
import { findPlaceholders } from "./placeholders.ts";
import { findShortSecrets } from "./short-secrets.ts";

const USAGE = `Checks, stores and lists the config of a stage.

  cce-notifier config check --config FILE
      checks a file of the one-node edition
  npm run config -- check FILE [--for aws|one-node]
      checks a file; for aws, the default, also by the limits of Parameter Store
  npm run config -- check [--stage S]
      checks the config of a stage
  npm run config -- put FILE [--stage S] [--prune]
      stores what differs; --prune removes what the file does not contain
  npm run config -- list [--stage S]
      lists the config of a stage without secrets

Exit status: 0, 1 when the config has faults or AWS refuses, 2 for wrong use.

${STAGE_USAGE}
`;

const print = (line: string) => process.stdout.write(`${line}\n`);

const EDITIONS = ["aws", "one-node"];

async function run(
  [action, file, ...rest]: readonly string[],
  values: Parameters<typeof resolveStage>[0] & { readonly for?: string | undefined },
  removeOthers: boolean,
): Promise<number> {
  const edition = values.for ?? "aws";
  if (rest.length > 0) throw new UsageError("too many arguments: give one file");
  if (removeOthers && action !== "put") throw new UsageError("only the action put accepts --prune");
  if (values.for !== undefined && (action !== "check" || file === undefined))
    throw new UsageError("only 'check FILE' accepts --for");
  if (!EDITIONS.includes(edition)) throw new UsageError(`--for must be ${EDITIONS.join(" or ")}`);
  switch (action) {
    case "check":
      if (file === undefined) return checkStage(await resolveStage(values));
      return checkFile(file, edition === "aws" ? configPath(await resolveStage(values)) : null);
    case "put":
      if (file === undefined) throw new UsageError("put requires a file");
      return put(file, await resolveStage(values), removeOthers);
    case "list":
      if (file !== undefined) throw new UsageError("list does not accept a file");
      return list(await resolveStage(values));
    case undefined:
      throw new UsageError("an action is missing: check, put or list");
    default:
      throw new UsageError(`unknown action '${action}'. Actions: check, put, list`);
  }
}

/**
 * Returns all errors of a config that the Lambda functions would refuse. The result also contains errors about
 * placeholders, short secrets and entries without an effect.
 */
function faultsOf(document: unknown): readonly string[] {
  const parsed = parseWholeConfig(document);
  const faults = parsed.kind === "faults" ? parsed.faults : [];
  const placeholders = findPlaceholders(document);
  // If a value is a placeholder, the function returns only the error about the placeholder.
  const isPlaceholder = (fault: string) =>
    placeholders.some((line) => fault.startsWith(`${line.split(": ")[0]}:`));
  const others = [...faults, ...findShortSecrets(document), ...findIneffectiveEntries(document)];
  return [...placeholders, ...others.filter((fault) => !isPlaceholder(fault))];
}

function faultsOfEntries(entries: readonly ConfigEntry[]): readonly string[] {
  const assembled = assembleConfigDocumentOrListFaults(entries);
  return assembled.kind === "faults" ? assembled.faults : faultsOf(assembled.document);
}

/**
 * Reads a config file, and checks that the Lambda functions accept the config and that Parameter Store can store the
 * config.
 * @param path the path in Parameter Store where the config will be stored, or null for a config that is not stored
 * there
 * @throws ConfigFileInvalidError
 */
async function readValidDocument(file: string, path: string | null): Promise<unknown> {
  const document = await readConfigDocument(file);
  const faults = [
    ...faultsOf(document),
    ...(path === null ? [] : findDocumentParameterFaults(document, path)),
  ];
  if (faults.length > 0) throw new ConfigFileInvalidError(file, faults);
  return document;
}

/**
 * Asks each token issuer for the URL of its signing keys. Ignores an issuer that does not respond.
 * @throws ConfigFileInvalidError if the service would refuse every token of an issuer
 */
async function refuseUnusableIssuers(parsed: ParsedConfig, name: string): Promise<void> {
  const findings = parsed.kind === "config" ? await checkIssuers(parsed.config) : [];
  const faults = findings.flatMap(({ item, state, text, remedy = "" }) =>
    state === "fault" ? [`${item}: ${text}. ${remedy}`] : [],
  );
  if (faults.length > 0) throw new ConfigFileInvalidError(name, faults);
}

async function checkFile(file: string, path: string | null): Promise<number> {
  const parsed = parseWholeConfig(await readValidDocument(file, path));
  await refuseUnusableIssuers(parsed, file);
  print(`${file} is valid.`);
  printTargetNotes(parsed);
  return 0;
}

/** Prints the notes about the targets of a valid config, one line for each note. */
function printTargetNotes(parsed: ParsedConfig): void {
  if (parsed.kind === "faults") return;
  for (const [name, target] of Object.entries(parsed.config.targets)) {
    const note = channelOf(target.kind).noteAbout(target);
    if (note !== null) print(`Note: targets.${name}: ${note}.`);
  }
}

async function checkStage(stage: Stage): Promise<number> {
  process.stdout.write(formatStageLine(stage));
  const path = configPath(stage);
  const entries = await readDeployedEntries(stage);
  if (entries.length === 0)
    throw new RefusedError(`there is no config below ${path}. Store one: npm run config -- put FILE`);
  const faults = faultsOfEntries(entries);
  if (faults.length > 0) throw new ConfigFileInvalidError(`the config below ${path}`, faults);
  const parsed = parseEntries(entries);
  await refuseUnusableIssuers(parsed, `the config below ${path}`);
  print(`The config below ${path} is valid: ${entries.length} entries.`);
  printTargetNotes(parsed);
  return 0;
}

async function put(file: string, stage: Stage, removeOthers: boolean): Promise<number> {
  const document = await readValidDocument(file, configPath(stage));
  process.stdout.write(formatStageLine(stage));
  const deployed = await readDeployedEntries(stage);
  const steps = planConfigSteps(deployed, splitConfigIntoEntries(document), removeOthers);
  const faults = [
    ...faultsOfEntries(entriesAfterSteps(deployed, steps)),
    ...findParameterFaults(steps, configPath(stage)),
  ];
  if (faults.length > 0) throw new ConfigFileInvalidError("nothing was stored: the resulting config", faults);
  const client = new SSMClient({ region: stage.region, maxAttempts: 1 });
  const ports = { now: monotonicClock, random: systemRandom, wait: systemWait };
  await applyPlanSteps(client, configPath(stage), steps, print, ports).finally(() => client.destroy());
  const unchanged = steps.filter(({ kind }) => kind === "unchanged").length;
  print(`${unchanged} unchanged. The functions read the config again within five minutes.`);
  return 0;
}

async function list(stage: Stage): Promise<number> {
  // The line about the stage goes to stderr, so that another program can read the JSON on stdout.
  process.stderr.write(formatStageLine(stage));
  const entries = await readDeployedEntries(stage);
  const parsed = parseEntries(entries);
  if (parsed.kind === "config") {
    print(formatConfigWithoutSecrets(parsed.config));
    return 0;
  }
  for (const { name } of entries) print(name);
  process.stderr.write(`${formatFaultList(`the config below ${configPath(stage)}`, parsed.faults)}\n`);
  return 1;
}

await runCommand(
  USAGE,
  {
    allowPositionals: true,
    options: { ...STAGE_OPTIONS, prune: { type: "boolean", default: false }, for: { type: "string" } },
  },
  ({ values, positionals }) => run(positionals, values, values.prune),
);
