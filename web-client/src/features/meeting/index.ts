export { MeetingPage } from "./MeetingPage";
