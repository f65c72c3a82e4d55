import type { ReactNode } from "react";
import { AppearanceMenu } from "./AppearanceMenu";
import { Brand } from "./Brand";
import { Link } from "./Link";

interface Props {
  title: string;
  help?: string;
  /** Where people meet, the cloth shows. */
  cloth?: boolean;
  children?: ReactNode;
}

/** A page of one idea, for everybody who is not signed in or not in session. */
export function PlainPage({ title, help, cloth = false, children }: Props) {
  return (
    <div className={cloth ? "plain onclothed" : "plain"}>
      <header className="top">
        <Link to="/" className="brand">
          <Brand />
        </Link>
        <AppearanceMenu />
      </header>
      <main id="main" className="plainmain">
        <h1>{title}</h1>
        {help !== undefined && <p className="lede">{help}</p>}
        <div className="plainbody">{children}</div>
      </main>
    </div>
  );
}
