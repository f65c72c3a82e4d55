//! A guest with a browser, whose microphone plays a file: comes into a meeting and writes down how loud some tones are, a line
//! for each second or so, until it is told to leave by the file that it finds.

import { appendFileSync, existsSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { Person } from "../support/person.js";
import { levels } from "../support/tones.js";

function told(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

test("a guest listens in a meeting", async ({ browser }) => {
  const tones = told("ATTEND_TONES").split(",").map(Number);
  const person = await Person.at(browser, told("ATTEND_URL"), told("ATTEND_NAME"));
  await person.enter(told("ATTEND_CODE"));
  while (!existsSync(told("ATTEND_LEAVE"))) {
    const heard = await levels(person, tones);
    const tiles = await person.page.locator("figure.tile .plate").allInnerTexts();
    appendFileSync(told("ATTEND_REPORT"), `${JSON.stringify({ heard, tiles })}\n`);
  }
  expect(person.faults, "no page may log an error or ask a foreign origin").toEqual([]);
});
