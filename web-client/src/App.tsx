//! The frame around every page: language, account, and which page the address asks for.

import { lazy, Suspense, type ReactNode } from "react";
import { AccountProvider, useAccount } from "./features/account";
import { MeetingPage } from "./features/meeting";
import { CallCards, PhoneProvider } from "./features/phone";
import { LanguageProvider, useText, withWords } from "./i18n";
import type { Me } from "./api/accounts";
import { go, useRoute } from "./navigation";
import { postTabs, type TelephonyTab } from "./routes";
import { Button, ErrorBoundary, Loading, PlainPage, useTitle } from "./ui";
import { ShellLine } from "./worker";

// Each page comes with its own words; behind a meeting's link none of them is needed.
const SignInPage = lazy(async () => ({ default: (await withWords(auth(), "auth", "fields")).SignInPage }));
const SetupPage = lazy(async () => ({ default: (await withWords(auth(), "auth", "fields")).SetupPage }));
const DutyPage = lazy(async () => ({ default: (await withWords(auth(), "auth", "fields")).DutyPage }));
const Frame = lazy(async () => ({ default: (await withWords(import("./Frame"), "auth", "phone")).Frame }));
const HomePage = lazy(async () => ({
  default: (await withWords(import("./features/home"), "home", "agenda", "phone", "fields")).HomePage,
}));
const DirectoryPage = lazy(async () => ({
  default: (await withWords(import("./features/directory"), "directory", "phone")).DirectoryPage,
}));
const AgendaPage = lazy(async () => ({ default: (await withWords(agenda(), "agenda")).AgendaPage }));
const PlanPage = lazy(async () => ({
  default: (await withWords(agenda(), "agenda", "fields")).PlanPage,
}));
const AnswerPage = lazy(async () => ({
  default: (await withWords(invitation(), "invitation")).AnswerPage,
}));
const ConnectionPage = lazy(async () => ({
  default: (await withWords(import("./features/connection"), "connection")).ConnectionPage,
}));
const InvitationPage = lazy(async () => ({ default: (await invitation()).InvitationPage }));
const CallsPage = lazy(async () => ({
  default: (await withWords(import("./features/calls"), "calls", "phone", "directory")).CallsPage,
}));
const UsersPage = lazy(async () => ({
  default: (await withWords(admin(), "people", "fields")).UsersPage,
}));
const TelephonyPage = lazy(async () => ({
  default: (await withWords(admin(), "telephony", "people", "fields")).TelephonyPage,
}));
const SavingsPage = lazy(async () => ({
  default: (await withWords(import("./features/savings"), "savings", "fields")).SavingsPage,
}));
const AuditPage = lazy(async () => ({
  default: (await withWords(import("./features/audit"), "audit")).AuditPage,
}));
const OutboxPage = lazy(async () => ({
  default: (await withWords(import("./features/outbox"), "outbox", "fields")).OutboxPage,
}));
const AttendancePage = lazy(async () => ({
  default: (await withWords(import("./features/attendance"), "attendance", "phone")).AttendancePage,
}));
const SettingsPage = lazy(async () => ({
  default: (await withWords(import("./features/settings"), "settings", "auth", "calls", "fields"))
    .SettingsPage,
}));

/** While developing only: no build has it. */
const DesignPage = import.meta.env.DEV
  ? lazy(async () => ({ default: (await import("./design")).DesignPage }))
  : undefined;

const auth = () => import("./features/auth");
const agenda = () => import("./features/agenda");
const invitation = () => import("./features/invitation");
const admin = () => import("./features/admin");

export function App() {
  return (
    <LanguageProvider>
      <ErrorBoundary fallback={<Crashed />}>
        <AccountProvider>
          <Telephone>
            <Suspense fallback={<Loading />}>
              <Page />
            </Suspense>
            <ShellLine />
          </Telephone>
        </AccountProvider>
      </ErrorBoundary>
    </LanguageProvider>
  );
}

/** Whoever is signed in, and has nothing to do first, has a telephone on every page, in session too. */
function Telephone({ children }: { children: ReactNode }) {
  const { account } = useAccount();
  return (
    <PhoneProvider
      account={typeof account === "string" || account.duties.length > 0 ? undefined : account.id}
    >
      <CallCards />
      {children}
    </PhoneProvider>
  );
}

function Page() {
  const route = useRoute();
  const { account } = useAccount();

  switch (route.page) {
    case "setup":
      return <SetupPage secret={route.secret} />;
    case "meeting":
      return <MeetingPage key={route.code} code={route.code} />;
    case "invitation":
      return <InvitationPage key={route.secret} secret={route.secret} />;
    case "answer":
      return <AnswerPage key={route.secret} secret={route.secret} wanted={route.wanted} />;
    case "connection":
      return <ConnectionPage />;
    case "nowhere":
      return DesignPage && location.pathname === "/design" ? <DesignPage /> : <Nowhere />;
    case "sign-in":
      return <SignInPage next={route.next} />;
    case "home":
    case "agenda":
    case "plan":
    case "directory":
    case "calls":
    case "users":
    case "telephony":
    case "savings":
    case "audit":
    case "outbox":
    case "attendance":
    case "settings":
      break;
  }

  if (account === "unknown") return <Loading />;
  if (account === "nobody") return <SignInPage next={location.pathname} />;
  if (account.duties[0] !== undefined) return <DutyPage key={account.duties[0]} duty={account.duties[0]} />;
  return (
    <Frame user={account} page={route.page}>
      <Suspense fallback={<Loading />}>
        {route.page === "home" && <HomePage me={account} />}
        {route.page === "agenda" && <AgendaPage />}
        {route.page === "plan" && <PlanPage key={route.code ?? "new"} code={route.code} />}
        {route.page === "directory" && <DirectoryPage />}
        {route.page === "calls" && <CallsPage />}
        {route.page === "users" && (account.may.manage_people ? <UsersPage me={account} /> : <Nowhere />)}
        {route.page === "telephony" &&
          (mayOpen(account, route.tab) ? (
            <TelephonyPage tab={route.tab} whole={account.may.administer} />
          ) : (
            <Nowhere />
          ))}
        {route.page === "savings" && (account.may.administer ? <SavingsPage /> : <Nowhere />)}
        {route.page === "audit" && (account.may.administer ? <AuditPage /> : <Nowhere />)}
        {route.page === "outbox" && (account.may.administer ? <OutboxPage /> : <Nowhere />)}
        {route.page === "attendance" && <AttendancePage code={route.code} />}
        {route.page === "settings" && <SettingsPage me={account} />}
      </Suspense>
    </Frame>
  );
}

/** The phones of a post are its IT officer's, what leads outside is the administrators'. */
const mayOpen = ({ may }: Me, tab: TelephonyTab) =>
  may.administer || (may.manage_phones && postTabs.some((each) => each === tab));

function Nowhere() {
  const text = useText();
  useTitle(text.app.notFound);
  return (
    <PlainPage title={text.app.notFound} help={text.app.notFoundHelp}>
      <Button rank="primary" onPress={() => go("/")}>
        {text.app.toHome}
      </Button>
    </PlainPage>
  );
}

function Crashed() {
  const text = useText();
  return (
    <PlainPage title={text.app.crashed} help={text.app.crashedHelp}>
      <Button rank="primary" onPress={() => location.reload()}>
        {text.app.reload}
      </Button>
    </PlainPage>
  );
}
