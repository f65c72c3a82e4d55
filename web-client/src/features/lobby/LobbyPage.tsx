import { useText } from "../../i18n";
import { AppearanceMenu, Brand, Button, Link, useTitle } from "../../ui";
import "./lobby.css";

interface Props {
  title: string;
  lost: boolean;
  onLeave: () => void;
}

/** One waits on the cloth until a host opens. */
export function LobbyPage({ title, lost, onLeave }: Props) {
  const text = useText();
  useTitle(`${text.lobby.title} · ${title}`);
  return (
    <>
      <header className="top">
        <Link to="/" className="brand">
          <Brand />
        </Link>
        <AppearanceMenu />
      </header>
      <main className="lobby" id="main">
        <section className="cloth lobbycard">
          <p className="caps">{text.lobby.title}</p>
          <h1>{title}</h1>
          <p role="status">{lost ? text.lobby.lost : text.lobby.wait}</p>
          <p className="sm">{text.lobby.keepOpen}</p>
          <Button className="onclothbtn" onPress={onLeave}>
            {text.lobby.leave}
          </Button>
        </section>
      </main>
    </>
  );
}
