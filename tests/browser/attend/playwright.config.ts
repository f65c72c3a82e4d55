//! For others that want a browser in a meeting, beside softphones for example: see attend.ts.

import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.js";

const tone = process.env["ATTEND_TONE"] ?? "";
const launch = tests.use?.launchOptions ?? {};
const args = (launch.args ?? []).filter((argument) => !argument.startsWith("--use-file-for-fake-audio-capture"));

export default defineConfig({
  ...tests,
  testDir: ".",
  testMatch: "attend.ts",
  reporter: "dot",
  // As long as whoever started it wants.
  timeout: 0,
  use: {
    ...tests.use,
    trace: "off",
    launchOptions: { ...launch, args: [...args, `--use-file-for-fake-audio-capture=${tone}`] },
  },
});
