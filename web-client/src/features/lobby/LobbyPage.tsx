import { useState } from "react";
import type { WaitingTable } from "../../api/meetings";
import { useText } from "../../i18n";
import { AppearanceMenu, Brand, Button, Link, useTitle } from "../../ui";
import { Delegations } from "./Delegations";
import { Desk, NoDesk } from "./Desk";
import { DeviceCheck } from "./DeviceCheck";
import type { Gathering } from "./gathering";
import { Hours } from "./Hours";
import "./lobby.css";

interface Props {
  title: string;
  lost: boolean;
  /** Who is there and who is expected; nothing for who has no seat. */
  table: WaitingTable | undefined;
  /** Where one's delegation talks meanwhile. */
  gathering: Gathering | undefined;
  onLeave: () => void;
}

/** One waits on the cloth until a host opens; whoever has a seat does so with their delegation. */
export function LobbyPage({ title, lost, table, gathering, onLeave }: Props) {
  const text = useText("lobby");
  const words = text.lobby;
  const [checking, setChecking] = useState(false);
  useTitle(`${words.title} · ${title}`);

  const standing = lost ? words.lost : table ? (table.in_session ? words.open : words.notOpen) : words.wait;
  const check = () => setChecking(true);
  return (
    <>
      <header className="top">
        <Link to="/" className="brand">
          <Brand />
        </Link>
        <AppearanceMenu />
      </header>
      <main className={gathering ? "lobby together" : "lobby"} id="main">
        <section className="cloth lobbycard" aria-labelledby="lobby-title">
          <p className="caps">{words.title}</p>
          <h1 id="lobby-title">{title}</h1>
          {table && <Hours table={table} />}
          <p role="status">{standing}</p>
          {table ? (
            <Delegations table={table} gathering={gathering} />
          ) : (
            <>
              <p className="sm">{words.keepOpen}</p>
              <div className="row">
                <Button className="onclothbtn" onPress={check}>
                  {words.check}
                </Button>
                <Button rank="ghost" className="onclothghost" onPress={onLeave}>
                  {words.leave}
                </Button>
              </div>
            </>
          )}
        </section>
        {table &&
          (gathering ? (
            <Desk gathering={gathering} onCheck={check} onLeave={onLeave} />
          ) : (
            <NoDesk onLeave={onLeave} />
          ))}
      </main>
      {checking && (
        <DeviceCheck
          onClose={() => {
            setChecking(false);
            void gathering?.takeDevices();
          }}
        />
      )}
    </>
  );
}
