import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where `npm run dev` finds the server: the address `palabre serve` listens on by default.
const server = process.env["PALABRE_URL"] ?? "http://127.0.0.1:7880";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Our CSP allows no data: scripts or fonts, and hashed files are cached for ever anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The client SDK is one module of that size; it loads while one is in pre-join.
    chunkSizeWarningLimit: 600,
    rolldownOptions: { output: { hashCharacters: "base36" } },
  },
  server: {
    proxy: {
      "/api": { target: server, changeOrigin: true, headers: { origin: server } },
      "/rtc": { target: server, ws: true },
    },
  },
});
