import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Form } from "react-aria-components";
import type { MeetingDoor } from "../../api/meetings";
import { useLanguage } from "../../i18n";
import { AppearanceMenu, Brand, Button, Field, FormError, Link, useTitle } from "../../ui";
import { useAccount } from "../account";
import { EffectsChoice } from "../effects";
import { DeviceLines, Picture } from "./DeviceLines";
import type { Entrance } from "./entrance";
import { Preview } from "./preview";
import { SparingChoice } from "./SparingChoice";
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
  const { camera, background, choices } = useSyncExternalStore(preview.subscribe, preview.current);
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
  const word = asking ? text.prejoin.entering : door.waits ? text.prejoin.knock : text.prejoin.enter;

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
          <Picture camera={camera} background={background} track={preview.track("camera")} />
          <div className="mine">
            <div className="namecard">
              {door.guest && <span className="caps">{door.guest.party}</span>}
              <b>{name === "" ? text.prejoin.you : name}</b>
            </div>
          </div>
          <DeviceLines preview={preview} />
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
            <SparingChoice
              sparing={choices}
              onSpare={(what, yes) => preview.handle({ on: "spared", what, yes })}
            />
            <Button rank="primary" className="go" type="submit" isPending={asking}>
              {word}
            </Button>
          </Form>
          <p className="sm q3 wait">
            {door.locked ? text.prejoin.locked : door.waits ? text.prejoin.waitsHelp : ""}
          </p>
          <p>
            <Link to="/test" className="btn ghost small flushleft">
              {text.app.testLink}
            </Link>
          </p>
        </section>
        <section className="ownlooks">
          <EffectsChoice
            wanted={choices}
            saveData={choices.saveData}
            onChange={(what, yes) => preview.handle({ on: "affected", what, yes })}
          />
        </section>
      </main>
    </>
  );
}
