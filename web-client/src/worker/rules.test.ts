import { describe, expect, it } from "vitest";
import { askedFor, cacheOf, LOOK_EVERY, mayLook, mayOffer, outdated, type Kept } from "./rules";

const HERE = "https://palabre.example";
const kept: Kept = { version: "2", entry: [], files: ["/", "/mark.svg", "/assets/start-1.js"] };

const ask = (path: string, mode = "cors", method = "GET") =>
  askedFor({ method, url: new URL(path, HERE).href, mode }, HERE, kept);

describe("the worker", () => {
  it("answers for every page of ours", () => {
    for (const path of ["/", "/sign-in?next=%2Fcalls", "/m/abc-defg-hij", "/agenda/new", "/settings"])
      expect(ask(path, "navigate")).toBe("page");
  });

  it("leaves to the server what is not a page, though a browser goes there", () => {
    for (const path of ["/api/oidc/start", "/api/users.csv", "/calendar/secret", "/health", "/empty"])
      expect(ask(path, "navigate")).toBe("nothing-of-ours");
  });

  it("answers for files of the build, kept already or not yet", () => {
    expect(ask("/mark.svg")).toBe("file");
    expect(ask("/assets/start-1.js")).toBe("file");
    expect(ask("/assets/source-sans.woff2")).toBe("file");
  });

  it("never touches the office, the media, nor what is sent", () => {
    for (const path of ["/api/me", "/rtc/validate", "/twirp/livekit.RoomService/ListRooms", "/metrics"])
      expect(ask(path)).toBe("nothing-of-ours");
    expect(ask("/", "navigate", "POST")).toBe("nothing-of-ours");
    expect(ask("/assets/start-1.js", "cors", "HEAD")).toBe("nothing-of-ours");
    expect(ask("https://elsewhere.example/assets/start-1.js")).toBe("nothing-of-ours");
  });

  it("throws away old copies but the last, and nothing of others", () => {
    expect(outdated(["palabre-0", "others", "palabre-1", "palabre-2"], cacheOf(kept))).toEqual(["palabre-0"]);
    expect(outdated(["palabre-1", "palabre-2"], cacheOf(kept))).toEqual([]);
  });
});

describe("a newer version", () => {
  it("is offered outside meetings and calls only", () => {
    expect(mayOffer({ ready: true, inMeeting: false, onCall: false })).toBe(true);
    expect(mayOffer({ ready: true, inMeeting: true, onCall: false })).toBe(false);
    expect(mayOffer({ ready: true, inMeeting: false, onCall: true })).toBe(false);
    expect(mayOffer({ ready: false, inMeeting: false, onCall: false })).toBe(false);
  });

  it("is looked for once an hour, and not over the line of a meeting", () => {
    expect(mayLook({ last: 0, now: LOOK_EVERY, busy: false })).toBe(true);
    expect(mayLook({ last: 0, now: LOOK_EVERY - 1, busy: false })).toBe(false);
    expect(mayLook({ last: 0, now: LOOK_EVERY, busy: true })).toBe(false);
  });
});
