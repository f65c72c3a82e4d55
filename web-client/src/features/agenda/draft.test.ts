import { describe, expect, it } from "vitest";
import { clockAfter, emptyDraft, headed, minutesBetween, newSeat, planOf, shifted } from "./draft";

const now = new Date(2026, 11, 31, 9, 0);

describe("a meeting while it is planned", () => {
  it("begins as tomorrow morning between two parties that are not named yet", () => {
    const plan = planOf({ ...emptyDraft(now, "fr"), title: " Point " }, false);

    expect([plan.title, plan.start, plan.minutes]).toEqual(["Point", "2027-01-01T10:00", 90]);
    expect([plan.parties, plan.mail_title, plan.recurrence]).toEqual([[], null, null]);
  });

  it("asks for the seats that have a name, and keeps the number of those that are there", () => {
    const draft = emptyDraft(now, "fr");
    const seats = [{ ...newSeat("en"), id: 7, name: " Ravi ", email: "ravi@example.in " }, newSeat("en")];
    const plan = planOf({ ...draft, parties: [{ key: "p", name: "Inde", country: "in", seats }] }, true);

    expect(plan.parties[0]).toMatchObject({ name: "Inde", country: "IN" });
    expect(plan.parties[0]?.seats).toEqual([
      {
        id: 7,
        name: "Ravi",
        title: "",
        email: "ravi@example.in",
        role: "delegate",
        is_head: false,
        language: "en",
      },
    ]);
  });

  it("may end after midnight", () => {
    expect(minutesBetween("23:30", "01:00")).toBe(90);
    expect(clockAfter("23:30", 90)).toBe("01:00");
  });

  it("moves a seat by one place and never out of its list", () => {
    expect(shifted(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(shifted(["a", "b", "c"], 0, -1)).toEqual(["a", "b", "c"]);
    expect(shifted(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
  });

  it("gives a party one head", () => {
    const [first, second] = [{ ...newSeat("fr"), role: "head" as const, isHead: true }, newSeat("fr")];
    const party = headed({ key: "p", name: "Inde", country: "", seats: [first, second] }, second.key);

    expect(party.seats.map((seat) => [seat.isHead, seat.role])).toEqual([
      [false, "delegate"],
      [true, "delegate"],
    ]);
  });
});
