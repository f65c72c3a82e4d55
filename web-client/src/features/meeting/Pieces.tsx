//! The meeting's pieces in all their states, for the page of components. For development: no build has it.

import { Mic, MicOff, Users } from "lucide-react";
import { useState } from "react";
import { Shown } from "../../design";
import { Button } from "../../ui";
import { Key } from "./Key";
import { Panel } from "./Panel";
import { somebody, view } from "./samples";
import type { MeetingSession } from "./session";
import { Tile } from "./Tile";
import { Toasts } from "./Toasts";
import type { MeetingView, Notice, Person } from "./view";
import "./meeting.css";

const people: readonly Partial<Person>[] = [
  {},
  { isSelf: true },
  { speaking: true },
  { microphoneOpen: false },
  { turn: 2 },
  { quality: "poor" },
  { quality: "lost" },
  { flag: "BJ", extension: "2114", post: "Ambassade à Rome" },
  { phone: { status: "dialing", plain: false } },
  { phone: { status: "ringing", plain: false } },
  { phone: { status: "active", plain: true }, extension: "1050", post: "Secrétariat général" },
];

const notices: readonly Notice[] = [
  { id: 1, says: "link-copied" },
  { id: 2, says: "floor-yours" },
  { id: 3, says: "asks-host", name: "Consule générale" },
  { id: 4, says: "error", code: "offline" },
];

/** Nothing happens here. */
const session = { dismissNotice: () => undefined } as unknown as MeetingSession;

export function Pieces() {
  const [on, setOn] = useState(false);
  const [panel, setPanel] = useState(false);
  const toggle = () => setOn(!on);
  const toasts: readonly Partial<MeetingView>[] = [
    { canHear: false },
    { sharing: true },
    ...notices.map((notice) => ({ notice })),
  ];
  return (
    <>
      <Shown name="Key">
        <div className="room states">
          <Key
            name="a"
            pressed={on}
            tone="live"
            icon={<Mic className="i" />}
            word="Micro ouvert"
            onPress={toggle}
          />
          <Key
            name="b"
            pressed={on}
            tone="cut"
            icon={<MicOff className="i" />}
            word="Micro coupé"
            onPress={toggle}
          />
          <Key name="c" pressed={on} icon={<Users className="i" />} word="Participants" onPress={toggle} />
          <Key
            name="d"
            pressed={on}
            icon={<Users className="i" />}
            word="Participants"
            count={3}
            countMeans="3 demandes"
            onPress={toggle}
          />
        </div>
      </Shown>
      <Shown name="Tile, nameplate">
        <div className="room states">
          {people.map((person, at) => (
            <Tile key={at} person={{ ...somebody, ...person }} />
          ))}
          <Tile person={somebody} plain />
          <Tile person={somebody} large pin={{ on, toggle }} />
        </div>
      </Shown>
      <Shown name="Toast">
        {toasts.map((state, at) => (
          <Toasts key={at} session={session} view={{ ...view, ...state }} onShowPeople={() => undefined} />
        ))}
      </Shown>
      <Shown name="Panel">
        <Button id="key-panel" onPress={() => setPanel(true)}>
          Ouvrir le volet
        </Button>
        {panel && (
          <Panel title="Participants" opener="key-panel" onClose={() => setPanel(false)}>
            <p className="sm">Deux personnes sont là.</p>
          </Panel>
        )}
      </Shown>
    </>
  );
}
