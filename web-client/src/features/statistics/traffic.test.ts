import { expect, test } from "vitest";
import { counted, countersIn, noTraffic, type Counter } from "./traffic";

const counter = (id: string, sent: number, received: number): Counter => ({ id, sent, received });
const totals = (readings: readonly (readonly Counter[])[]) => {
  const { sent, received } = readings.reduce(counted, noTraffic);
  return [sent, received];
};

test("what was carried since the last time is added", () => {
  expect(totals([[counter("1 T", 10, 100)], [counter("1 T", 15, 180)]])).toEqual([15, 180]);
});

test("a new connection counts from its own beginning, and what the old one carried stays", () => {
  expect(totals([[counter("1 T", 10, 100)], [counter("2 T", 3, 5)], [counter("2 T", 4, 9)]])).toEqual([
    14, 109,
  ]);
});

test("a counter that begins anew does not make the sum jump or fall", () => {
  expect(totals([[counter("1 T", 1_000, 5_000)], [counter("1 T", 20, 30)]])).toEqual([1_020, 5_030]);
});

test("a connection that was silent for a while is not counted twice", () => {
  expect(totals([[counter("1 T", 10, 100)], [], [counter("1 T", 12, 110)]])).toEqual([12, 110]);
});

test("two connections at once are both counted, however their browsers name their transports", () => {
  const transport = { id: "T01", type: "transport", bytesSent: 7, bytesReceived: 8 };
  const reading = (connection: number) => ({ connection, at: 0, stats: new Map([["T01", transport]]) });
  expect(totals([countersIn([reading(1), reading(2)])])).toEqual([14, 16]);
});

test("however often one comes back, what is remembered stays small", () => {
  const readings = Array.from({ length: 100 }, (_, index) => [counter(String(index), 1, 1)]);
  const traffic = readings.reduce(counted, noTraffic);
  expect(traffic.sent).toBe(100);
  expect(traffic.seen.length).toBeLessThan(20);
});
