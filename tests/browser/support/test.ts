//! The fixture every test uses: the program, people with browsers, and the rule that no page may fault.

import { test as base, expect, type Browser } from "@playwright/test";
import { Person } from "./person.js";
import { Line } from "./proxy.js";
import { Server } from "./server.js";

type PersonOptions = Parameters<typeof Person.at>[3];

interface Fixtures {
  /** Somebody with a browser of their own. */
  arrive: (name: string, options?: PersonOptions) => Promise<Person>;
  /** The same, over a line that can be cut. */
  arriveOver: (line: Line, name: string) => Promise<Person>;
  /** A line to the program that can be cut. */
  line: Line;
}

interface WorkerFixtures {
  server: Server;
  /** The n-th browser: everybody in a test has a process, and so a camera and a microphone, of their own. */
  browserNumber: (n: number) => Promise<Browser>;
}

export const test = base.extend<Fixtures & { people: Person[] }, WorkerFixtures>({
  browserNumber: [
    async ({ playwright, launchOptions }, use) => {
      const browsers: Browser[] = [];
      await use(async (n) => (browsers[n] ??= await playwright.chromium.launch(launchOptions)));
      for (const browser of browsers) await browser.close();
    },
    { scope: "worker" },
  ],
  server: [
    async ({}, use) => {
      const server = await Server.start();
      server.addHost();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  people: async ({ server }, use, info) => {
    const people: Person[] = [];
    await use(people);
    const failed = info.status !== info.expectedStatus;
    if (failed) await info.attach("program", { body: server.log.slice(-50_000), contentType: "text/plain" });
    const faults = people.flatMap((person) => person.faults.map((fault) => `${person.name}: ${fault}`));
    for (const person of people) await person.context.close();
    expect(faults, "no page may log an error or ask a foreign origin").toEqual([]);
  },
  arrive: async ({ browserNumber, server, people }, use) => {
    await use(async (name, options) => {
      const person = await Person.at(await browserNumber(people.length), server.url, name, options);
      people.push(person);
      return person;
    });
  },
  arriveOver: async ({ browserNumber, people }, use) => {
    await use(async (line, name) => {
      const person = await Person.at(await browserNumber(people.length), line.url, name);
      people.push(person);
      return person;
    });
  },
  line: async ({ server }, use) => {
    const line = await Line.to(server.port);
    await use(line);
    line.close();
  },
});

export { expect };
