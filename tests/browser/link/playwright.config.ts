//! Browsers behind a link with faults. These tests make network devices, and so run in a network of their own:
//! `scripts/in-own-network npx playwright test -c link`.

import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.js";

export default defineConfig({
  ...tests,
  testDir: ".",
  testMatch: "*.spec.ts",
  testIgnore: [],
  outputDir: "../test-results",
  timeout: 300_000,
  use: { ...tests.use, actionTimeout: 60_000, navigationTimeout: 60_000 },
});
