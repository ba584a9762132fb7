import { Target } from "../channels/registry.ts";
import { createConfigParser, type ParsedConfig } from "./config.ts";
import { Project } from "./projects.ts";

/**
 * Parses a whole config document. Returns the config, or all errors in the config document. An error contains the path
 * of the wrong value, but not the value itself.
 */
export function parseWholeConfig(document: unknown): ParsedConfig {
  return createConfigParser(["projects", "targets"], { project: Project, target: Target }).parse(document);
}
