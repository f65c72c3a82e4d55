//! The end of a build: weighs it, and writes the worker that keeps it on the device.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build, type Plugin, type Rolldown } from "vite";
import { budgets, strays, tableOf, tooHeavy } from "./budgets.ts";
import { filesFor, type Built, type BuiltFile } from "./built.ts";
import { shell } from "./pages.ts";

/** Ends a build in which a page weighs too much, or that holds what is for development. */
export function keepBudgets(): Plugin {
  return {
    name: "budgets",
    apply: "build",
    writeBundle(_, bundle) {
      const built = builtIn(bundle);
      const all = budgets(built);
      this.info(`\n${tableOf(all)}`);
      if (strays(built).length > 0) this.error(`For development only: ${strays(built).join(", ")}`);
      if (tooHeavy(all).length > 0) this.error("A page weighs more than its budget.");
    },
  };
}

/** Writes `sw.js`, which knows the files of this build. */
export function keepShell(): Plugin {
  let publicDir = "";
  return {
    name: "shell",
    apply: "build",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    async writeBundle({ dir = "" }, bundle) {
      const built = builtIn(bundle);
      const pages = shell.flatMap(({ modules, words }) => [...modules, ...words.fr, ...words.en]);
      const files = filesFor(built, pages).filter((name) => name !== PAGE);
      const icons = readdirSync(publicDir);
      const version = createHash("sha256")
        .update(JSON.stringify(files))
        .update(readFileSync(join(dir, PAGE)));
      for (const icon of icons) version.update(readFileSync(join(publicDir, icon)));

      await writeWorker(dir, {
        version: version.digest("hex").slice(0, 16),
        entry: built[PAGE]?.brings ?? [],
        files: [...icons, ...files].map((name) => `/${name}`),
      });
    },
  };
}

/** A build of its own: the worker shares no file with the pages, and has a name that stays. */
async function writeWorker(dir: string, kept: object): Promise<void> {
  const made = await build({
    configFile: false,
    logLevel: "warn",
    define: { KEPT: JSON.stringify(kept) },
    build: {
      write: false,
      target: "es2022",
      rolldownOptions: { input: "src/worker/sw.ts", output: { format: "iife" } },
    },
  });
  const [{ output }] = [made].flat() as [Rolldown.RolldownOutput];
  writeFileSync(join(dir, "sw.js"), output[0].code);
}

function builtIn(bundle: Rolldown.OutputBundle): Built {
  const files = Object.entries(bundle).filter(([name]) => !name.endsWith(".map"));
  return Object.fromEntries(files.map(([name, file]) => [name, builtFile(file, bundle)]));
}

function builtFile(file: Rolldown.OutputBundle[string], bundle: Rolldown.OutputBundle): BuiltFile {
  if (file.type === "asset") {
    const text = file.fileName === PAGE ? file.source.toString() : "";
    return {
      bytes: weightOf(file.source),
      brings: Object.keys(bundle).filter((name) => text.includes(`"/${name}"`)),
      modules: text === "" ? [] : [PAGE],
    };
  }
  return {
    bytes: weightOf(file.code),
    brings: [...file.imports, ...(file.viteMetadata?.importedCss ?? [])],
    modules: file.moduleIds.map((id) => relative("", id)).filter((id) => id !== PAGE),
  };
}

function weightOf(content: string | Uint8Array): number {
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

const PAGE = "index.html";
