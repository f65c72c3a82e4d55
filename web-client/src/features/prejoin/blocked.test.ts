import { expect, test } from "vitest";
import { stepsFor, whyOf } from "./blocked";

const WINDOWS_CHROME = agent("Windows NT 10.0; Win64; x64", "Chrome/131.0.0.0 Safari/537.36");
const WINDOWS_EDGE = agent("Windows NT 10.0; Win64; x64", "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0");
const MAC_CHROME = agent("Macintosh; Intel Mac OS X 10_15_7", "Chrome/131.0.0.0 Safari/537.36");
const MAC_SAFARI = agent("Macintosh; Intel Mac OS X 10_15_7", "Version/18.1 Safari/605.1.15");
const LINUX_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const LINUX_CHROME = agent("X11; Linux x86_64", "Chrome/131.0.0.0 Safari/537.36");
const ANDROID_CHROME = agent("Linux; Android 14; SM-A145F", "Chrome/131.0.0.0 Mobile Safari/537.36");
const ANDROID_FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0";
const ANDROID_IN_APP = agent(
  "Linux; Android 14; SM-A145F Build/UP1A; wv",
  "Version/4.0 Chrome/131.0.0.0 Mobile",
);
const IPHONE_SAFARI = agent(
  "iPhone; CPU iPhone OS 18_1 like Mac OS X",
  "Version/18.1 Mobile/15E148 Safari/604.1",
);
const IPHONE_CHROME = agent(
  "iPhone; CPU iPhone OS 18_1 like Mac OS X",
  "CriOS/131.0 Mobile/15E148 Safari/604.1",
);

test.each([
  ["NotAllowedError", "Permission denied", "denied"],
  ["NotAllowedError", "Permission dismissed", "denied"],
  ["NotAllowedError", "Permission denied by system", "denied-by-system"],
  ["NotAllowedError", "The request is not allowed by the user agent or the platform", "denied"],
  ["NotReadableError", "Could not start video source", "busy"],
  ["AbortError", "Starting videoinput failed", "busy"],
  ["NotFoundError", "Requested device not found", "missing"],
  ["OverconstrainedError", "", "missing"],
  ["SecurityError", "no secure context", "insecure"],
] as const)("%s, “%s”: %s", (name, message, why) => {
  expect(whyOf({ name, message })).toBe(why);
});

test.each([
  [WINDOWS_CHROME, "chrome"],
  [WINDOWS_EDGE, "edge"],
  [MAC_CHROME, "chrome"],
  [MAC_SAFARI, "safari"],
  [LINUX_FIREFOX, "firefox"],
  [ANDROID_CHROME, "android"],
  [ANDROID_FIREFOX, "android"],
  [ANDROID_IN_APP, "in-app"],
  [IPHONE_SAFARI, "ios"],
  [IPHONE_CHROME, "ios-other"],
] as const)("what %s refuses is allowed by the steps of %s", (userAgent, steps) => {
  expect(stepsFor("denied", userAgent)).toBe(steps);
});

test.each([
  [WINDOWS_EDGE, "windows"],
  [MAC_CHROME, "macos"],
  [LINUX_CHROME, "linux"],
  [ANDROID_CHROME, "android-system"],
  [IPHONE_CHROME, "ios-other"],
] as const)("what the system below %s refuses is allowed by the steps of %s", (userAgent, steps) => {
  expect(stepsFor("denied-by-system", userAgent)).toBe(steps);
});

test("an iPad that calls itself a Mac is helped as an iPad", () => {
  expect(stepsFor("denied", MAC_SAFARI, 5)).toBe("ios");
  expect(stepsFor("denied", MAC_SAFARI, 0)).toBe("safari");
});

test("no device, one in use and plain HTTP are the same everywhere", () => {
  for (const why of ["missing", "busy", "insecure"] as const) {
    expect(stepsFor(why, WINDOWS_CHROME)).toBe(why);
    expect(stepsFor(why, IPHONE_SAFARI)).toBe(why);
  }
});

function agent(system: string, browser: string): string {
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) ${browser}`;
}
