import type { Plugin } from "esbuild";

export const LEFT_OUT: readonly { readonly file: string; readonly stub: string }[];
export const KNOWN_ERRORS: readonly string[];
declare const plugins: Plugin[];
export default plugins;
