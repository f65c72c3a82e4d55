//! Whether a device may blur and quieten: what the others see and hear must not falter for it. Pure.

/** What is told of the device, and what its user has asked for. */
export interface Device {
  /** Processors that the browser may use. */
  cores: number;
  /** Whether the browser computes several numbers at once (WebAssembly SIMD): without that it takes four times as long. */
  vectors: boolean;
  saveData: boolean;
}

/** `spares`: it would be able to, but what it takes is worth minutes of a thin line. */
export type Ability = "able" | "weak" | "spares";

/** Whether the background may be blurred. */
export function blurAbility({ cores, vectors, saveData }: Device): Ability {
  if (cores < 4 || !vectors) return "weak";
  return saveData ? "spares" : "able";
}

/** Whether noises may be taken out of the voice, which is a fortieth of that work. */
export function quietAbility({ cores, vectors, saveData }: Device): Ability {
  if (cores < 2 || !vectors) return "weak";
  return saveData ? "spares" : "able";
}
