import { useState, type ReactNode } from "react";
import type { DialIn, MeetingDoor } from "../../api/meetings";
import { useLanguage } from "../../i18n";
import { Bars, Stamp } from "../../ui";
import { WishesForm } from "../announcements";
import { DataThisMonth, DataUsed } from "../statistics";
import { StatisticsTable } from "../statistics/StatisticsTable";
import { InvitePanel } from "./InvitePanel";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";
import "./info.css";

interface Props {
  session: MeetingSession;
  view: MeetingView;
  title: string;
  marking: MeetingDoor["marking"];
  dialIn: DialIn | null;
}

/** What there is to know of the meeting and of one's own line; the last fold is for whoever looks after the network. */
export function InfoPanel({ session, view, title, marking, dialIn }: Props) {
  const { text, language } = useLanguage("session");
  const words = text.session.info;
  const [deep, setDeep] = useState(false);
  return (
    <div className="info">
      <dl className="facts">
        <Fact name={words.meeting}>{title}</Fact>
        <Fact name={text.meeting.marked}>
          <Stamp marking={marking} /> <span className="sm q2">{marking.audience[language]}</span>
        </Fact>
        <Fact name={words.link}>
          <Bars of={view.quality} /> {text.meeting.quality[view.quality]}
        </Fact>
        <Fact name={words.data}>
          <DataUsed meter={session.meter} />
          <span className="sm q2">
            {" "}
            {words.month} <DataThisMonth meter={session.meter} />
          </span>
        </Fact>
      </dl>
      <InvitePanel code={session.code} title={title} dialIn={dialIn} isHost={view.isHost} />
      <details>
        <summary>{text.session.announcements.title}</summary>
        <WishesForm />
      </details>
      <details onToggle={(event) => setDeep(event.currentTarget.open)}>
        <summary>{words.deep}</summary>
        {deep && <StatisticsTable meter={session.meter} />}
      </details>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
