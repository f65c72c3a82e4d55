//! The rail beside every page of somebody signed in; five tabs below on phones.

import {
  BellOff,
  BellRing,
  CalendarDays,
  ChartColumn,
  Contact,
  House,
  LogOut,
  Mail,
  Phone,
  ScrollText,
  Settings2,
  SlidersHorizontal,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Me } from "./api/accounts";
import { setDoNotDisturb } from "./api/calls";
import { useAccount } from "./features/account";
import { usePhone } from "./features/phone";
import { useText } from "./i18n";
import { go } from "./navigation";
import { Brand, Link } from "./ui";
import "./ui/data.css";
import "./frame.css";

interface Props {
  user: Me;
  page:
    | "home"
    | "agenda"
    | "plan"
    | "directory"
    | "calls"
    | "users"
    | "telephony"
    | "savings"
    | "audit"
    | "outbox"
    | "attendance"
    | "settings";
  children: ReactNode;
}

export function Frame({ user, page, children }: Props) {
  const text = useText("auth", "phone");
  const { leave } = useAccount();
  const { state } = usePhone();
  const everybody = [
    { page: "home", path: "/", word: text.auth.nav.home, icon: House },
    { page: "agenda", path: "/agenda", word: text.auth.nav.agenda, icon: CalendarDays },
    { page: "directory", path: "/directory", word: text.auth.nav.directory, icon: Contact },
    {
      page: "calls",
      path: "/calls",
      word: text.auth.nav.calls,
      icon: Phone,
      count: state.missed + state.messages,
    },
  ];
  const administrators = [
    ...(user.may.administer
      ? [{ page: "savings", path: "/savings", word: text.auth.nav.savings, icon: ChartColumn }]
      : []),
    ...(user.may.manage_phones
      ? [{ page: "telephony", path: "/telephony", word: text.auth.nav.telephony, icon: SlidersHorizontal }]
      : []),
    ...(user.may.manage_people
      ? [{ page: "users", path: "/users", word: text.auth.nav.users, icon: Users }]
      : []),
    ...(user.may.administer
      ? [
          { page: "outbox", path: "/mail", word: text.auth.nav.outbox, icon: Mail },
          { page: "audit", path: "/audit", word: text.auth.nav.audit, icon: ScrollText },
        ]
      : []),
  ];
  const settings = { page: "settings", path: "/settings", word: text.auth.nav.settings, icon: Settings2 };
  const link = ({ page: name, path, word, icon: Icon, count = 0 }: (typeof everybody)[number]) => (
    <Link
      key={name}
      to={path}
      aria-current={name === (page === "plan" ? "agenda" : page) ? "page" : undefined}
    >
      <Icon className="i" aria-hidden />
      {word}
      {count > 0 && (
        <span className="n">
          <span aria-hidden>{count}</span>
          <span className="hide">{text.phone.waiting(state.missed, state.messages)}</span>
        </span>
      )}
    </Link>
  );
  const signOut = () => {
    void leave().then(() => go("/"));
  };

  return (
    <div className="frame">
      <a className="skip" href="#main">
        {text.app.skip}
      </a>
      <header className="rail">
        <Link to="/" className="brand">
          <Brand />
        </Link>
        <nav aria-label={text.auth.nav.main}>
          {everybody.map(link)}
          {administrators.map(link)}
          {link(settings)}
        </nav>
        <div className="foot">
          {state.extension && (
            <div className="post">
              <p className="b sm">{state.extension.post_name}</p>
              <p className="sm q3">{text.app.extension(state.extension.number)}</p>
            </div>
          )}
          <div className="who">
            <span className="two grow">
              <span>{state.extension?.name ?? user.name}</span>
              <span>{state.extension ? <Quiet on={state.doNotDisturb} /> : user.function || user.email}</span>
            </span>
            <button
              className="btn small ghost icon"
              aria-label={text.auth.signOut}
              title={text.auth.signOut}
              onClick={signOut}
            >
              <LogOut className="i" aria-hidden />
            </button>
          </div>
        </div>
      </header>
      <main id="main" className={page === "calls" ? "page wide" : "page"} tabIndex={-1}>
        {children}
      </main>
      <nav className="tabbar" aria-label={text.auth.nav.main}>
        {[...everybody, settings].map(link)}
        <button onClick={signOut}>
          <LogOut className="i" aria-hidden />
          {text.auth.signOutShort}
        </button>
      </nav>
    </div>
  );
}

/** One's own availability, a press away. */
function Quiet({ on }: { on: boolean }) {
  const words = useText("phone").phone.presence;
  return (
    <button
      className={on ? "quiet on sm" : "quiet sm"}
      title={words.set}
      // What the server makes of it comes back as an event.
      onClick={() => void setDoNotDisturb(!on).catch(() => undefined)}
    >
      {on ? <BellOff className="i s" aria-hidden /> : <BellRing className="i s" aria-hidden />}
      {on ? words.do_not_disturb : words.available}
      <span className="hide">{on ? words.toAvailable : words.toQuiet}</span>
    </button>
  );
}
