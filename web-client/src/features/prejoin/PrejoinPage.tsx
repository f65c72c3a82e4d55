import { Mic, MicOff, Video, VideoOff, Volume2, type LucideIcon } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Form, ToggleButton } from "react-aria-components";
import type { MeetingDoor } from "../../api/meetings";
import { useLanguage, useText } from "../../i18n";
import {
  AppearanceMenu,
  Brand,
  Button,
  Choice,
  Field,
  FormError,
  Link,
  testTone,
  useTitle,
  type Option,
} from "../../ui";
import { useAccount } from "../account";
import { useDevices, wordsFor } from "./devices";
import type { Entrance } from "./entrance";
import { LevelMeter } from "./LevelMeter";
import { Preview } from "./preview";
import type { Kind, Source } from "./prejoin-machine";
import "./prejoin.css";

interface Props {
  door: MeetingDoor;
  asking: boolean;
  error: string | undefined;
  onEnter: (entrance: Entrance) => void;
}

/** Before one enters: the picture, the devices, the name others will see. */
export function PrejoinPage(props: Props) {
  const [preview, setPreview] = useState<Preview>();

  useEffect(() => {
    const opened = new Preview();
    setPreview(opened);
    opened.handle({ on: "started" });
    return () => opened.close();
  }, []);

  return preview && <OpenPrejoin preview={preview} {...props} />;
}

function OpenPrejoin({ preview, door, asking, error, onEnter }: Props & { preview: Preview }) {
  const { text, language } = useLanguage();
  const { microphone, camera, choices } = useSyncExternalStore(preview.subscribe, preview.current);
  const devices = useDevices(`${microphone.is} ${camera.is}`);
  const { account } = useAccount();
  const [nameMissing, setNameMissing] = useState(false);
  const nameField = useRef<HTMLDivElement>(null);
  useTitle(door.title);

  // The name others will see: a guest's is typed here, an account brings its own.
  const accountName = door.guest?.name ?? (typeof account === "object" ? account.name : "");
  const name = door.needs_name ? choices.name.trim() : accountName;
  const enter = () => {
    const missing = door.needs_name && name === "";
    setNameMissing(missing);
    if (missing) nameField.current?.querySelector("input")?.focus();
    else onEnter(preview.release());
  };
  const signedIn = typeof account === "object";
  const knocks =
    door.waiting_room && !door.is_host && (door.needs_name || (door.guest !== undefined && !signedIn));
  const word = asking ? text.prejoin.entering : knocks ? text.prejoin.knock : text.prejoin.enter;

  return (
    <>
      <header className="top">
        <Link to="/" className="brand">
          <Brand />
        </Link>
        <AppearanceMenu />
      </header>
      <main className="pre" id="main">
        <section aria-label={text.prejoin.yourPicture}>
          <Picture camera={camera} track={preview.track("camera")} />
          <div className="mine">
            <div className="namecard">
              {door.guest && <span className="caps">{door.guest.party}</span>}
              <b>{name === "" ? text.prejoin.you : name}</b>
            </div>
          </div>
          <div className="dev">
            <Line
              kind="microphone"
              source={microphone}
              icons={[Mic, MicOff]}
              options={wordsFor(devices.microphones, text)}
              chosen={choices.microphoneId}
              preview={preview}
            >
              <LevelMeter track={preview.track("microphone")} />
            </Line>
            <Line
              kind="camera"
              source={camera}
              icons={[Video, VideoOff]}
              options={wordsFor(devices.cameras, text)}
              chosen={choices.cameraId}
              preview={preview}
            />
            {devices.speakers.length > 0 && (
              <div className="line">
                <span className="sw">
                  <Volume2 className="i" aria-hidden />
                  {text.prejoin.speaker}
                </span>
                <Choice
                  label={text.prejoin.choose.speaker}
                  labelHidden
                  className="pick"
                  options={wordsFor(devices.speakers, text)}
                  chosen={choices.speakerId}
                  onChoose={(deviceId) => preview.handle({ on: "chosen", kind: "speaker", deviceId })}
                />
                <Button
                  rank="ghost"
                  small
                  className="flush"
                  onPress={() => void testTone(choices.speakerId === "" ? undefined : choices.speakerId)}
                >
                  {text.prejoin.test}
                </Button>
              </div>
            )}
          </div>
        </section>
        <section className="about">
          <p className="q2">{door.in_session ? text.prejoin.inSession : text.prejoin.notYet}</p>
          <h1>{door.title || door.marking.label[language]}</h1>
          <Form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              enter();
            }}
          >
            <FormError>{error}</FormError>
            {door.needs_name && (
              <Field
                ref={nameField}
                label={text.prejoin.name}
                help={text.prejoin.nameHelp}
                error={nameMissing ? text.prejoin.nameMissing : undefined}
                name="name"
                autoComplete="name"
                maxLength={80}
                value={choices.name}
                onChange={(name) => preview.handle({ on: "named", name })}
              />
            )}
            <Button rank="primary" className="go" type="submit" isPending={asking}>
              {word}
            </Button>
          </Form>
          <p className="sm q3 wait">
            {door.locked ? text.prejoin.locked : knocks ? text.prejoin.waitsHelp : ""}
          </p>
        </section>
      </main>
    </>
  );
}

function Picture({ camera, track }: { camera: Source; track: MediaStreamTrack | undefined }) {
  const text = useText();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (video.current) video.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);

  return (
    <div className="tile self room">
      {camera.is === "on" ? (
        <video
          ref={video}
          autoPlay
          playsInline
          muted
          className="mirrored"
          aria-label={text.prejoin.yourPicture}
        />
      ) : (
        <p className="nopicture">
          {camera.is === "opening" ? text.prejoin.cameraOpening : text.prejoin.cameraOff}
        </p>
      )}
    </div>
  );
}

interface LineProps {
  kind: Kind;
  source: Source;
  icons: readonly [LucideIcon, LucideIcon];
  options: readonly Option[];
  chosen: string;
  preview: Preview;
  children?: React.ReactNode;
}

function Line({ kind, source, icons: [On, Off], options, chosen, preview, children }: LineProps) {
  const text = useText();
  const open = source.is === "on" || source.is === "opening";
  return (
    <>
      <div className="line">
        <ToggleButton
          className="sw"
          isSelected={open}
          onChange={() => preview.handle({ on: "toggled", kind })}
        >
          {open ? <On className="i" aria-hidden /> : <Off className="i" aria-hidden />}
          <span>
            {text.prejoin[kind]}{" "}
            <span className="q3">{(open ? text.prejoin.on : text.prejoin.off)[kind]}</span>
          </span>
        </ToggleButton>
        <Choice
          label={text.prejoin.choose[kind]}
          labelHidden
          className="pick"
          options={options}
          chosen={chosen}
          onChoose={(deviceId) => preview.handle({ on: "chosen", kind, deviceId })}
        />
        {children ?? <span />}
      </div>
      {source.is === "failed" && (
        <p className="error linefault" role="status">
          {text.prejoin.failures[source.why]}
        </p>
      )}
    </>
  );
}
