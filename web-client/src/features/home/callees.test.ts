import { describe, expect, it } from "vitest";
import type { PastCall } from "../../api/calls";
import type { Entry } from "../../api/directory";
import { MOST, whomToCall } from "./callees";

describe("whom one is likely to call", () => {
  it("is who could not reach one, then who was spoken to last, then the directory", () => {
    const calls = [past("1001"), past("1002", "missed"), past("1003")];

    expect(numbers([entry("2001"), entry("2002")], calls)).toEqual(["1002", "1001", "1003", "2001"]);
  });

  it("is shown with what the directory knows of them", () => {
    const [callee] = whomToCall([entry("1001")], [past("1001")]);

    expect(callee).toMatchObject({ number: "1001", presence: "available", post_name: "Rome" });
  });

  it("is nobody twice, nor oneself, nor who hid the number", () => {
    const calls = [past("1001"), past("1001", "missed"), past("")];

    const callees = whomToCall([entry("1001"), { ...entry("1000"), is_self: true }], calls);

    expect(callees.map(({ number, missed }) => [number, missed])).toEqual([["1001", undefined]]);
  });

  it("is a few only", () => {
    const many = Array.from({ length: 20 }, (_, at) => entry(String(3000 + at)));

    expect(whomToCall(many, [])).toHaveLength(MOST);
  });
});

const numbers = (entries: Entry[], calls: PastCall[]) =>
  whomToCall(entries, calls).map(({ number }) => number);

function past(number: string, outcome: PastCall["outcome"] = "answered"): PastCall {
  return {
    id: 1,
    direction: "in",
    number,
    name: "Somebody",
    post_name: "Rome",
    time_zone: "Europe/Rome",
    dialled: "",
    began: "2026-12-01T09:00:00Z",
    answered: null,
    talked: 0,
    outcome,
    cost: null,
  };
}

function entry(number: string): Entry {
  return {
    number,
    name: "Somebody else",
    function: "",
    email: null,
    post: 1,
    post_name: "Rome",
    country: "IT",
    time_zone: "Europe/Rome",
    kind: "person",
    presence: "available",
    is_self: false,
  };
}
