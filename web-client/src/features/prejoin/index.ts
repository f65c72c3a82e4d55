export { whyOf, type Why } from "./blocked";
export { DeviceLines, Picture } from "./DeviceLines";
export { Preview } from "./preview";
export { PrejoinPage } from "./PrejoinPage";
export { SparingChoice } from "./SparingChoice";
export { rememberChoices, recallChoices, type Choices, type Sparing } from "./choices";
export type { Entrance } from "./entrance";
export { useDevices, wordsFor, type Devices } from "./devices";
