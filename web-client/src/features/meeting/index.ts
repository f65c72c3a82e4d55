export { MeetingPage } from "./MeetingPage";
export { pinInGroups } from "./pin";
