/** The panels beside the stage, of which one is open at a time. */
export type PanelName = "floor" | "people" | "messages" | "invite" | "settings" | "info";
