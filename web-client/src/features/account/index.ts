export { AccountProvider, useAccount } from "./account";
