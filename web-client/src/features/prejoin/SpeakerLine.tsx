import { Volume2 } from "lucide-react";
import { useState } from "react";
import { useText } from "../../i18n";
import { Button, Pick, testTone, type Option } from "../../ui";

interface Props {
  /** Empty where the browser leaves the choice to the system. */
  options: readonly Option[];
  chosen: string;
  onChoose: (deviceId: string) => void;
}

/** Where sound goes, and a key to hear whether it arrives. */
export function SpeakerLine({ options, chosen, onChoose }: Props) {
  const words = useText().prejoin;
  const [tried, setTried] = useState<"played" | "failed">();
  const play = () =>
    testTone(chosen === "" ? undefined : chosen).then(
      () => setTried("played"),
      () => setTried("failed"),
    );

  return (
    <>
      <div className="line speaker">
        <span className="sw">
          <Volume2 className="i" aria-hidden />
          {words.speaker}
        </span>
        {options.length > 0 ? (
          <Pick
            label={words.choose.speaker}
            labelHidden
            className="pick"
            options={options}
            chosen={chosen}
            onChoose={onChoose}
          />
        ) : (
          <span className="q2 pickless">{words.systemDefault}</span>
        )}
        <Button rank="ghost" small className="flush" onPress={() => void play()}>
          {words.test}
        </Button>
      </div>
      <p className="sm q2 linefault" role="status" hidden={tried === undefined}>
        {tried === "played" && (
          <>
            <b>{words.nothingHeard}</b> {words.nothingHeardHelp}
          </>
        )}
        {tried === "failed" && words.speakerFailed}
      </p>
    </>
  );
}
