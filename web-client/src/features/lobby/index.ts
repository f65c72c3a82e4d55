export { LobbyPage } from "./LobbyPage";
export type { Gathering } from "./gathering";
