import { defineConfig } from "@playwright/test";
import { voiceFile } from "./support/voice.js";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  // Its tests have a configuration of their own.
  testIgnore: "link/**",
  outputDir: "test-results",
  // How every screen is meant to look; `npx playwright test looks --update-snapshots` takes them anew, to be looked at.
  snapshotPathTemplate: "../e2e/screens/{arg}{ext}",
  // Several browsers encode and decode at once already; more at a time would only starve each other on a small machine.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 90_000,
  // Deadlines, not durations: whatever is quick stays quick.
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    locale: "fr-FR",
    viewport: { width: 1280, height: 720 },
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The second one gives depth, which nobody can show; the third is a camera again. Ten pictures a second are
        // enough to see that they move, and leave a small machine its time.
        "--use-fake-device-for-media-stream=device-count=3,fps=10",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${voiceFile()}`,
        // Sound must be heard without a click, but for the test of the gate itself.
        "--autoplay-policy=no-user-gesture-required",
      ],
    },
  },
});
