//! What stands in the panels beside the stage. They come once one is in session, or when one is opened before that.

export { ChatPanel } from "../chat";
export { FloorPanel } from "./FloorPanel";
export { InvitePanel } from "./InvitePanel";
export { PeoplePanel } from "./PeoplePanel";
