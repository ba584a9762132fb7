import { Target } from "../channels/registry.ts";
import { createConfigParser, type ParsedConfig } from "./config.ts";
import { Project } from "./projects.ts";

/**
 * Parses a complete config document, including all secrets. Returns the config, or all errors in the config. An error
 * names the position of a wrong value but not the value itself.
 */
export function parseWholeConfig(document: unknown): ParsedConfig {
  return createConfigParser(["projects", "targets"], { project: Project, target: Target }).parse(document);
}
