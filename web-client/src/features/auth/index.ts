export { AccountProvider, useAccount } from "./account";
export { AccountForm, AccountLine } from "./AccountForm";
export { SetupPage } from "./SetupPage";
export { SignInPage } from "./SignInPage";
