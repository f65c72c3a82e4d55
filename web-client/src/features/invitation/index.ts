export { AnswerPage } from "./AnswerPage";
export { InvitationPage } from "./InvitationPage";
