//! The rail beside every page of somebody signed in; five tabs below on phones.

import { House, LogOut, Phone, Settings2, Users } from "lucide-react";
import type { ReactNode } from "react";
import type { User } from "./api/accounts";
import { useAccount } from "./features/auth";
import { useText } from "./i18n";
import { go } from "./navigation";
import { Brand, Link } from "./ui";

interface Props {
  user: User;
  page: "home" | "users" | "telephony" | "settings";
  children: ReactNode;
}

export function Frame({ user, page, children }: Props) {
  const text = useText();
  const { leave } = useAccount();
  const pages = [
    { page: "home", path: "/", word: text.nav.home, icon: House },
    ...(user.role === "administrator"
      ? [
          { page: "telephony", path: "/telephony", word: text.nav.telephony, icon: Phone },
          { page: "users", path: "/users", word: text.nav.users, icon: Users },
        ]
      : []),
    { page: "settings", path: "/settings", word: text.nav.settings, icon: Settings2 },
  ];
  const links = pages.map(({ page: name, path, word, icon: Icon }) => (
    <Link key={name} to={path} aria-current={name === page ? "page" : undefined}>
      <Icon className="i" aria-hidden />
      {word}
    </Link>
  ));
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
        <nav aria-label={text.nav.main}>{links}</nav>
        <div className="foot">
          <div className="who">
            <span className="two grow">
              <span>{user.name}</span>
              <span>{user.email}</span>
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
      <main id="main" className="page" tabIndex={-1}>
        {children}
      </main>
      <nav className="tabbar" aria-label={text.nav.main}>
        {links}
        <button onClick={signOut}>
          <LogOut className="i" aria-hidden />
          {text.auth.signOutShort}
        </button>
      </nav>
    </div>
  );
}
