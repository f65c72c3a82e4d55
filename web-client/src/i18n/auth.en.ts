//! Signing in, and what an account has to do first, in English.

import type { auth as french } from "./auth.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const auth: typeof french = {
  signIn: "Sign in",
  email: "E-mail address",
  password: "Password",
  submit: "Sign in",
  withLink: "Were you invited? Open the link you received, no account is needed.",
  signOut: "Sign out",
  signOutShort: "Sign out",
  setup: "Create the first account",
  setupLede: "This account administers the server. This link works once.",
  setupGone: "This link is no longer valid",
  setupGoneHelp:
    "It was used or has expired. Restarting the server gives a new one as long as no account exists.",
  name: "Name and function",
  nameHelp: "As others will see you in session.",
  passwordHelp: "At least 15 characters.",
  create: "Create the account",
  next: "New password",
  nextHelp: "At least 12 characters, 15 for an administrator.",
  change: "Change password",
  code: "Code",
  codeHelp: "The six digits of your application, or a recovery code.",
  otherAccount: "Enter with another account",
  ownPassword: "Your password",
  ownPasswordTitle: "Choose your password",
  ownPasswordHelp: "The one you were given works only once.",
  givenPassword: "Password received",
  factorTitle: "Two-step sign-in",
  factorHelp: "A code from your phone, beside the password.",
  factorDuty: "Your rights need a code from your phone, beside the password.",
  factorIsOn: (n) =>
    `A code is asked for on entering. You have ${count(n, "recovery code", "recovery codes")} left.`,
  beginFactor: "Set up two-step sign-in",
  scan: "Read this picture with an authenticator application.",
  qr: "Picture to read with the application",
  typeSecret: "Or type this key there:",
  firstCodeHelp: "The six digits that the application shows now.",
  confirmFactor: "Turn on two-step sign-in",
  removeFactor: "Remove two-step sign-in",
  factorOn: "Two-step sign-in is on.",
  recoveryHelp: "Keep these recovery codes away from the computer. Each works once, without a phone.",
  recoveryKept: "I have noted the codes",
  elsewhere: {
    oidc_unreachable: "The ministry’s sign-in does not answer. Enter with a password, or try again.",
    oidc_stray: "This attempt did not succeed. Begin again from this page.",
    oidc_refused: "The ministry’s sign-in refused.",
    oidc_token: "The ministry’s answer is not valid. Tell your administrator.",
    oidc_no_email: "The ministry does not vouch for your address. Tell your administrator.",
    oidc_no_account: "No open account here is yours. Tell your administrator.",
  },
};
