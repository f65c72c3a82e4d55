export { AccountProvider, useAccount } from "./account";
export { SetupPage } from "./SetupPage";
export { SignInPage } from "./SignInPage";
