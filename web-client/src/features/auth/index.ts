export { AccountForm, AccountLine } from "./AccountForm";
export { DutyPage } from "./DutyPage";
export { SecondFactorSetup } from "./SecondFactorSetup";
export { SetupPage } from "./SetupPage";
export { SignInPage } from "./SignInPage";
