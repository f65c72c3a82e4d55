import { describe, expect, it } from "vitest";
import { meetingCodeIn, routeOf } from "./routes";

describe("addresses", () => {
  it("lead to their pages", () => {
    expect(routeOf("/")).toEqual({ page: "home" });
    expect(routeOf("/m/abc-defg-hij")).toEqual({ page: "meeting", code: "abc-defg-hij" });
    expect(routeOf("/setup/s3cret")).toEqual({ page: "setup", secret: "s3cret" });
    expect(routeOf("/telephony")).toEqual({ page: "telephony", tab: "extensions" });
    expect(routeOf("/telephony/lines")).toEqual({ page: "telephony", tab: "lines" });
    expect(routeOf("/telephony/elsewhere")).toEqual({ page: "nowhere" });
    expect(routeOf("/m/abc")).toEqual({ page: "nowhere" });
    expect(routeOf("/m/abc-defg-hij/attendance")).toEqual({ page: "attendance", code: "abc-defg-hij" });
    expect(routeOf("/savings")).toEqual({ page: "savings" });
    expect(routeOf("/audit")).toEqual({ page: "audit" });
    expect(routeOf("/mail")).toEqual({ page: "outbox" });
    expect(routeOf("/test")).toEqual({ page: "connection" });
    expect(routeOf("/test/x")).toEqual({ page: "nowhere" });
    expect(routeOf("/mail/x")).toEqual({ page: "nowhere" });
    expect(routeOf("/audit/x")).toEqual({ page: "nowhere" });
    expect(routeOf("/m/abc-defg-hij/x")).toEqual({ page: "nowhere" });
    expect(routeOf("/elsewhere")).toEqual({ page: "nowhere" });
    expect(routeOf("/agenda")).toEqual({ page: "agenda" });
    expect(routeOf("/agenda/new")).toEqual({ page: "plan", code: undefined });
    expect(routeOf("/agenda/abc-defg-hij")).toEqual({ page: "plan", code: "abc-defg-hij" });
    expect(routeOf("/agenda/elsewhere")).toEqual({ page: "nowhere" });
  });

  it("take the secrets of invitations and answers, and nothing else for one", () => {
    const secret = "a-Z_9".padEnd(43, "x");
    expect(routeOf(`/i/${secret}`)).toEqual({ page: "invitation", secret });
    expect(routeOf(`/r/${secret}`, "?answer=declined")).toEqual({
      page: "answer",
      secret,
      wanted: "declined",
    });
    expect(routeOf(`/r/${secret}`, "?answer=perhaps")).toEqual({ page: "answer", secret, wanted: undefined });
    for (const bad of ["", "short", `${secret}x`]) expect(routeOf(`/i/${bad}`)).toEqual({ page: "nowhere" });
  });

  it("never send anybody to another server after sign-in", () => {
    expect(routeOf("/sign-in", "?next=/m/abc-defg-hij")).toEqual({
      page: "sign-in",
      next: "/m/abc-defg-hij",
    });
    for (const foreign of ["https://example.org/", "//example.org", "/\\example.org"]) {
      expect(routeOf("/sign-in", `?next=${encodeURIComponent(foreign)}`)).toEqual({
        page: "sign-in",
        next: "/",
      });
    }
  });
});

describe("a typed meeting code", () => {
  it("may be a link, a code, or its bare letters", () => {
    for (const typed of [
      "abc-defg-hij",
      " ABC-DEFG-HIJ ",
      "abcdefghij",
      "https://palabre.example/m/abc-defg-hij?x=1",
    ]) {
      expect(meetingCodeIn(typed)).toBe("abc-defg-hij");
    }
  });

  it("is refused when it is neither", () => {
    for (const typed of ["", "abc", "abc-defg-hijk", "https://palabre.example/", "12345"]) {
      expect(meetingCodeIn(typed)).toBeUndefined();
    }
  });
});
