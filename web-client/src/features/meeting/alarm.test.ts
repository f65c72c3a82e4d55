import { expect, test } from "vitest";
import { wakeAt, type AlarmClock } from "./alarm";

test("a timer that comes early is set again", () => {
  const clock = new Early();
  const woken: number[] = [];
  wakeAt(1_000.5, () => woken.push(clock.time), clock);
  clock.run();
  expect(woken).toHaveLength(1);
  expect(woken[0]).toBeGreaterThanOrEqual(1_000.5);
});

test("what is due already is done at once", () => {
  const woken: string[] = [];
  wakeAt(-1, () => woken.push("now"), new Early());
  expect(woken).toEqual(["now"]);
});

test("an alarm that is taken back does not go off, even after a timer that came early", () => {
  const clock = new Early();
  const woken: string[] = [];
  const stop = wakeAt(10, () => woken.push("late"), clock);
  clock.step();
  stop();
  clock.run();
  expect(woken).toEqual([]);
});

/** A clock whose timers come seven tenths of a millisecond before their time. */
class Early implements AlarmClock {
  time = 0;
  private next: { at: number; act: () => void } | undefined;

  now = () => this.time;

  after = (milliseconds: number, act: () => void) => {
    const mine = { at: this.time + Math.max(0.1, milliseconds - 0.7), act };
    this.next = mine;
    return () => {
      if (this.next === mine) this.next = undefined;
    };
  };

  step(): void {
    const due = this.next;
    if (due === undefined) return;
    this.next = undefined;
    this.time = due.at;
    due.act();
  }

  run(): void {
    while (this.next !== undefined) this.step();
  }
}
