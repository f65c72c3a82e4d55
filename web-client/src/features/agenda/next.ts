//! What the home page takes: it loads with the first page, the forms do not.

export { NextMeeting } from "./NextMeeting";
export { nextOf } from "./week";
