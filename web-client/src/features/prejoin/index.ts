export { DeviceLines, Picture } from "./DeviceLines";
export { Preview } from "./preview";
export { PrejoinPage } from "./PrejoinPage";
export { rememberChoices, recallChoices, type Choices } from "./choices";
export type { Entrance } from "./entrance";
export { useDevices, wordsFor, type Devices } from "./devices";
