//! What stands in the panels beside the stage that everybody has. They come once one is in session, or when one is opened
//! before that.

export { ChatPanel } from "../chat";
export { PeoplePanel } from "./PeoplePanel";
