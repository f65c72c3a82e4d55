//! Which page an address means. Pure; `navigation.ts` moves between them.

export type Route =
  | { page: "home" }
  | { page: "sign-in"; next: string }
  | { page: "setup"; secret: string }
  | { page: "meeting"; code: string }
  | { page: "invitation"; secret: string }
  | { page: "answer"; secret: string; wanted: "accepted" | "declined" | "tentative" | undefined }
  | { page: "connection" }
  | { page: "agenda" }
  | { page: "plan"; code: string | undefined }
  | { page: "directory" }
  | { page: "calls" }
  | { page: "users" }
  | { page: "telephony"; tab: TelephonyTab }
  | { page: "savings" }
  | { page: "audit" }
  | { page: "outbox" }
  | { page: "attendance"; code: string }
  | { page: "settings" }
  | { page: "nowhere" };

/** The parts of the phones' administration, each with an address of its own. */
export const telephonyTabs = ["extensions", "sites", "groups", "lines", "live", "calls", "explain"] as const;
/** Those that belong to one post. */
export const postTabs = ["extensions", "groups"] as const;
export type TelephonyTab = (typeof telephonyTabs)[number];

const SECRET = /^[\w-]{43}$/;
const MEETING_CODE = /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/;

/** The page of an address like `/m/abc-defg-hij`. */
export function routeOf(path: string, query = ""): Route {
  const [first = "", second = "", ...rest] = path.split("/").slice(1);
  if (first === "m" && MEETING_CODE.test(second) && rest.join("/") === "attendance") {
    return { page: "attendance", code: second };
  }
  if (rest.length > 0) return { page: "nowhere" };

  switch (first) {
    case "":
      return second === "" ? { page: "home" } : { page: "nowhere" };
    case "sign-in":
      return second === ""
        ? { page: "sign-in", next: ownPath(new URLSearchParams(query).get("next")) }
        : { page: "nowhere" };
    case "setup":
      return second === "" ? { page: "nowhere" } : { page: "setup", secret: second };
    case "m":
      return MEETING_CODE.test(second) ? { page: "meeting", code: second } : { page: "nowhere" };
    case "i":
      return SECRET.test(second) ? { page: "invitation", secret: second } : { page: "nowhere" };
    case "r":
      return SECRET.test(second)
        ? { page: "answer", secret: second, wanted: answerIn(new URLSearchParams(query).get("answer")) }
        : { page: "nowhere" };
    case "test":
      return second === "" ? { page: "connection" } : { page: "nowhere" };
    case "agenda":
      if (second === "") return { page: "agenda" };
      if (second === "new") return { page: "plan", code: undefined };
      return MEETING_CODE.test(second) ? { page: "plan", code: second } : { page: "nowhere" };
    case "directory":
      return second === "" ? { page: "directory" } : { page: "nowhere" };
    case "calls":
      return second === "" ? { page: "calls" } : { page: "nowhere" };
    case "users":
      return second === "" ? { page: "users" } : { page: "nowhere" };
    case "telephony": {
      const tab = second === "" ? "extensions" : telephonyTabs.find((each) => each === second);
      return tab === undefined ? { page: "nowhere" } : { page: "telephony", tab };
    }
    case "savings":
      return second === "" ? { page: "savings" } : { page: "nowhere" };
    case "audit":
      return second === "" ? { page: "audit" } : { page: "nowhere" };
    case "mail":
      return second === "" ? { page: "outbox" } : { page: "nowhere" };
    case "settings":
      return second === "" ? { page: "settings" } : { page: "nowhere" };
    default:
      return { page: "nowhere" };
  }
}

/** The meeting code in what somebody typed or pasted: a code, with or without hyphens, or a link. */
export function meetingCodeIn(typed: string): string | undefined {
  const linked = /\/m\/([a-z]{3}-[a-z]{4}-[a-z]{3})(?:[/?#]|$)/i.exec(typed.trim())?.[1];
  const letters = (linked ?? typed).trim().toLowerCase().replace(/[\s-]/g, "");
  if (!/^[a-z]{10}$/.test(letters)) return undefined;
  return `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
}

function answerIn(word: string | null) {
  return word === "accepted" || word === "declined" || word === "tentative" ? word : undefined;
}

/** A path on this server, whatever the query said: nobody may send our users elsewhere. */
function ownPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
