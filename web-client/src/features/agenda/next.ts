//! What the home page takes: it loads with the first page, the forms do not.

export { NextMeeting } from "./NextMeeting";
export { daysAfter, nextOf } from "./week";
