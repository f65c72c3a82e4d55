//! Which device in use was unplugged, and what takes its place. Pure.

import type { DeviceKind } from "./own-devices";

/** A device as browsers list it. `default` stands for another one, with which it shares the group. */
export interface Plugged {
  kind: DeviceKind;
  id: string;
  group: string;
  label: string;
}

/** By kind, the id of what is in use. */
export type InUse = Partial<Record<DeviceKind, string>>;

export interface Loss {
  kind: DeviceKind;
  lost: string;
  /** Nothing where no other is left. */
  next: Plugged | undefined;
}

export function lossesOf(before: readonly Plugged[], now: readonly Plugged[], used: InUse): Loss[] {
  return kinds.flatMap((kind) => {
    const id = used[kind];
    const was = id === undefined ? undefined : meant(before, kind, id);
    if (!was || now.some((device) => device.kind === kind && device.id === was.id)) return [];
    const next = meant(now, kind, "default") ?? now.find((device) => device.kind === kind);
    return [{ kind, lost: nameOf(was), next: next && { ...next, label: nameOf(next) } }];
  });
}

/** The device itself, where an id stands for it. */
function meant(devices: readonly Plugged[], kind: DeviceKind, id: string): Plugged | undefined {
  const own = devices.filter((device) => device.kind === kind);
  const listed = own.find((device) => device.id === id);
  if (!listed || !STANDS_FOR_ANOTHER.includes(id)) return listed;
  return (
    own.find((device) => device.group === listed.group && !STANDS_FOR_ANOTHER.includes(device.id)) ?? listed
  );
}

/** Chromium adds the numbers of maker and product. */
const nameOf = ({ label }: Plugged): string => label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/i, "");

const kinds: readonly DeviceKind[] = ["microphone", "camera", "speaker"];
const STANDS_FOR_ANOTHER: readonly string[] = ["default", "communications"];
