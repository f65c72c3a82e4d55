//! The files with which backgrounds are blurred. Their names are written in the library that asks for them, so they keep
//! them, in a folder that is named after its version.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";

/** Puts them into the build, and serves them while developing. */
export function blurFiles(): Plugin {
  const require = createRequire(import.meta.url);
  const from = dirname(require.resolve("@shiguredo/virtual-background"));
  const { version } = JSON.parse(readFileSync(join(from, "../package.json"), "utf8")) as { version: string };
  const folder = `assets/blur-${version}`;
  const read = (name: string) => readFileSync(join(from, name));

  return {
    name: "blur-files",
    config: () => ({ define: { BLUR_FILES: JSON.stringify(`/${folder}`) } }),
    generateBundle() {
      for (const name of FILES)
        this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source: read(name) });
    },
    configureServer({ middlewares }) {
      middlewares.use(`/${folder}`, (request, response, next) => {
        const name = basename(request.url ?? "");
        if (!FILES.includes(name)) {
          next();
          return;
        }
        if (name.endsWith(".js")) response.setHeader("content-type", "text/javascript");
        if (name.endsWith(".wasm")) response.setHeader("content-type", "application/wasm");
        response.end(read(name));
      });
    },
  };
}

// Whoever computes one number at a time is not offered it, so that form stays out.
const FILES = [
  "selfie_segmentation.binarypb",
  "selfie_segmentation.tflite",
  "selfie_segmentation_landscape.tflite",
  "selfie_segmentation_solution_simd_wasm_bin.js",
  "selfie_segmentation_solution_simd_wasm_bin.wasm",
];
