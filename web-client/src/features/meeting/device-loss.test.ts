import { expect, test } from "vitest";
import { lossesOf, type Plugged } from "./device-loss";

const microphone = (id: string, group: string, label: string): Plugged => ({
  kind: "microphone",
  id,
  group,
  label,
});
const own = microphone("own", "g1", "Micro interne");
const headset = microphone("usb", "g2", "Casque USB (046d:0a44)");
const camera: Plugged = { kind: "camera", id: "cam", group: "g3", label: "Caméra" };

test("what was in use and is gone is told by name, with what takes its place", () => {
  expect(lossesOf([own, headset, camera], [own, camera], { microphone: "usb", camera: "cam" })).toEqual([
    { kind: "microphone", lost: "Casque USB", next: own },
  ]);
});

test("what was not in use may go unnoticed", () => {
  expect(lossesOf([own, headset], [own], { microphone: "own" })).toEqual([]);
  expect(lossesOf([own, headset], [own], {})).toEqual([]);
});

test("a default that stood for what is gone is lost, and the new default is what it stands for", () => {
  const before = [microphone("default", "g2", "Default - Casque USB"), own, headset];
  const now = [microphone("default", "g1", "Default - Micro interne"), own];
  expect(lossesOf(before, now, { microphone: "default" })).toEqual([
    { kind: "microphone", lost: "Casque USB", next: own },
  ]);
});

test("a default whose device is still there is no loss, whatever else changes", () => {
  const before = [microphone("default", "g1", "Default - Micro interne"), own, headset];
  expect(lossesOf(before, [own], { microphone: "default" })).toEqual([]);
});

test("where no other is left, nothing takes its place", () => {
  expect(lossesOf([camera], [own], { camera: "cam" })).toEqual([
    { kind: "camera", lost: "Caméra", next: undefined },
  ]);
});
