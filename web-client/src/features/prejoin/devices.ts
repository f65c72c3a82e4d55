//! Which microphones, cameras and outputs this machine has, kept up to date while they are plugged and pulled.

import { useEffect, useState } from "react";
import type { Words } from "../../i18n";
import type { Option } from "../../ui";

export interface Devices {
  microphones: readonly MediaDeviceInfo[];
  cameras: readonly MediaDeviceInfo[];
  speakers: readonly MediaDeviceInfo[];
}

const none: Devices = { microphones: [], cameras: [], speakers: [] };

/** The devices, asked again whenever one comes or goes, and when `asked` changes (a permission brings their names). */
export function useDevices(asked: unknown): Devices {
  const [devices, setDevices] = useState(none);

  useEffect(() => {
    // The type says it is always there; on plain HTTP it is not.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) return;
    let here = true;
    const list = () => {
      media.enumerateDevices().then(
        (all) => {
          if (here) setDevices(sorted(all));
        },
        () => undefined,
      );
    };
    list();
    media.addEventListener("devicechange", list);
    return () => {
      here = false;
      media.removeEventListener("devicechange", list);
    };
  }, [asked]);

  return devices;
}

/** Devices as lines of a choice; the first is whatever the system prefers. */
export function wordsFor(devices: readonly MediaDeviceInfo[], text: Words): Option[] {
  const named = devices.filter(
    ({ deviceId }) => deviceId !== "" && deviceId !== "default" && deviceId !== "communications",
  );
  return [
    { id: "", word: text.prejoin.systemDefault },
    ...named.map(({ deviceId, label }, index) => ({
      id: deviceId,
      word: label === "" ? text.prejoin.unnamed(index + 1) : label,
    })),
  ];
}

function sorted(all: readonly MediaDeviceInfo[]): Devices {
  const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind);
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}
