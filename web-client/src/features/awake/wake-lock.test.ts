import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stayAwake } from "./wake-lock";

class Lock {
  released = false;
  release() {
    this.released = true;
    return Promise.resolve();
  }
}
class Page extends EventTarget {
  visibilityState = "visible";
  becomes(state: string) {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const locks: Lock[] = [];
let page: Page;
const settle = () => new Promise((resolve) => setTimeout(resolve));
const stay = () => stayAwake(page as unknown as Document);

beforeEach(() => {
  locks.length = 0;
  page = new Page();
  const request = () => {
    locks.push(new Lock());
    return Promise.resolve(locks.at(-1));
  };
  vi.stubGlobal("navigator", { wakeLock: { request } });
});
afterEach(() => vi.unstubAllGlobals());

test("the screen is kept awake until one leaves", async () => {
  const leave = stay();
  await settle();
  expect(locks.map(({ released }) => released)).toEqual([false]);

  leave();
  expect(locks.map(({ released }) => released)).toEqual([true]);
});

test("what the browser let go of while the page was hidden is taken again, and only then", async () => {
  stay();
  await settle();
  page.becomes("visible");
  await settle();
  expect(locks).toHaveLength(1);

  page.becomes("hidden");
  if (locks[0]) locks[0].released = true;
  page.becomes("visible");
  await settle();
  expect(locks.map(({ released }) => released)).toEqual([true, false]);
});

test("a lock that comes after one has left is given back", async () => {
  stay()();
  await settle();
  expect(locks.map(({ released }) => released)).toEqual([true]);
});

test("a browser without it says nothing", async () => {
  vi.stubGlobal("navigator", {});
  const leave = stay();
  await settle();
  leave();
  expect(locks).toEqual([]);
});
