import { useText } from "../../i18n";
import { Pick } from "../../ui";
import { EffectsChoice } from "../effects";
import { SparingChoice, useDevices, wordsFor } from "../prejoin";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";
import "./settings-panel.css";

interface Props {
  session: MeetingSession;
  view: MeetingView;
}

/** One's own devices, what is done to what they take, and what one gives up for the link's sake. */
export function SettingsPanel({ session, view }: Props) {
  const text = useText();
  const devices = useDevices("");
  const { choices } = session;
  const lists = { microphone: devices.microphones, camera: devices.cameras, speaker: devices.speakers };
  const kinds = view.speaks ? (["microphone", "camera", "speaker"] as const) : (["speaker"] as const);
  return (
    <div className="stack settingspanel">
      {kinds.map(
        (kind) =>
          lists[kind].length > 0 && (
            <Pick
              key={kind}
              label={text.meeting.devices[kind]}
              options={wordsFor(lists[kind], text)}
              chosen={choices[`${kind}Id`]}
              onChoose={(deviceId) => void session.chooseDevice(kind, deviceId)}
            />
          ),
      )}
      {view.speaks && (
        <EffectsChoice
          wanted={view.effects}
          saveData={view.sparing.saveData}
          onChange={(what, yes) => void session.affect(what, yes)}
        />
      )}
      <SparingChoice
        sparing={view.sparing}
        onSpare={(what, yes) => void session.spare({ ...view.sparing, [what]: yes })}
      />
    </div>
  );
}
