export { UsersPage } from "./UsersPage";
export { TelephonyPage } from "./telephony/TelephonyPage";
