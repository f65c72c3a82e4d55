//! Why a device does not open, and which steps lead out of it, by what the browser says of itself. Pure; words are in
//! `i18n/blocked.*.ts`.

/** Why a device does not open. */
export type Why = "denied" | "denied-by-system" | "missing" | "busy" | "insecure";

/** Which list of steps helps. */
export type Steps =
  | "in-app"
  | "chrome"
  | "edge"
  | "firefox"
  | "safari"
  | "android"
  | "ios"
  | "ios-other"
  | "windows"
  | "macos"
  | "linux"
  | "android-system"
  | "missing"
  | "busy"
  | "insecure";

/** What a failed `getUserMedia` means. Browsers name it alike, and only Chromium tells the system's refusal from its own:
 * in words, which are nowhere standardised, but have been these since 2019. */
export function whyOf({ name, message }: { name: string; message: string }): Why {
  switch (name) {
    case "NotAllowedError":
      return /by system/i.test(message) ? "denied-by-system" : "denied";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "SecurityError":
      return "insecure";
    default:
      return "missing";
  }
}

/** The steps for a browser and system. An iPad calls itself a Mac, but is touched with several fingers. */
export function stepsFor(why: Why, userAgent: string, touches = 0): Steps {
  const agent = (pattern: RegExp) => pattern.test(userAgent);
  const isIos = agent(/iPhone|iPad/) || (agent(/Macintosh/) && touches > 1);
  switch (why) {
    case "missing":
    case "busy":
    case "insecure":
      return why;
    case "denied":
      // Pages inside of messengers often may not open devices at all.
      if (agent(/; wv\)|FBAN|FBAV|Instagram|WhatsApp|LinkedInApp/)) return "in-app";
      if (isIos) return agent(/CriOS|FxiOS|EdgiOS/) ? "ios-other" : "ios";
      if (agent(/Android/)) return "android";
      if (agent(/\bEdg\//)) return "edge";
      if (agent(/Firefox\//)) return "firefox";
      return agent(/Chrome\//) ? "chrome" : "safari";
    case "denied-by-system":
      if (isIos) return "ios-other";
      if (agent(/Android/)) return "android-system";
      if (agent(/Windows/)) return "windows";
      return agent(/Macintosh/) ? "macos" : "linux";
  }
}

/** Whether somebody other than the user may have decided it, on a machine that is administered. */
export const mayBeManaged = (why: Why): boolean => why === "denied" || why === "denied-by-system";
