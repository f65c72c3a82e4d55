import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { blurFiles } from "./scripts/blur-files.ts";
import { keepBudgets, keepShell } from "./scripts/plugin.ts";

// Where `npm run dev` finds the server: the address `palabre serve` listens on by default.
const server = process.env["PALABRE_URL"] ?? "http://127.0.0.1:7880";

const FOREIGN_WORDS = /\/react-aria.*\/intl\/(?:.*\/)?(?!fr-|en-)[a-z]{2}-[A-Z]{2}\.mjs$/;

const START = /\/src\/main\.tsx$/;
const SMALL =
  /\/src\/(?:ui\/(?:Bars|Confirm|Flag)\.tsx|features\/room\/shown\.ts)$|\/lucide-react\/.*\/(?:chevron-left|chevron-right|log-out|phone|send|users|x)\.\w+$/;

/** The component library speaks thirty-four languages; what we do not offer, nobody needs to wait for. */
const ownLanguages: Plugin = {
  name: "own-languages",
  enforce: "pre",
  load: (id) => (FOREIGN_WORDS.test(id) ? "export default null;" : null),
};

export default defineConfig({
  plugins: [ownLanguages, react(), blurFiles(), keepBudgets(), keepShell()],
  build: {
    target: "es2022",
    // Our CSP allows no data: scripts or fonts, and hashed files are cached for ever anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What others ask for who let their work be built in; comments in it are not kept.
    license: { fileName: "licences.txt" },
    // The client SDK is one module of that size; it loads while one is in pre-join.
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        hashCharacters: "base36",
        // What every page begins with comes in one piece: it compresses better so, and is asked for once. So does what is
        // small and shared by a session and the office, which would be a file each.
        codeSplitting: { groups: [{ name: "start", test: (id) => START.test(id) || SMALL.test(id) }] },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
      "/rtc": { target: server, ws: true },
    },
  },
});
