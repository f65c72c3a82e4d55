import { Download, FileText } from "lucide-react";
import { useLanguage, type Words } from "../../i18n";
import { Button } from "../../ui";
import { sizeIn } from "./sizes";
import type { Files } from "./files";
import type { FilesState, Incoming, Outgoing } from "./files-machine";
import { kindOf } from "./notes";
import "./files.css";

interface Props {
  files: Files;
  state: FilesState;
  id: string;
  /** Whether whoever offers it is still here. */
  offererIsHere: boolean;
}

/** A file among what is said: what it is, how far it has come, and what can be done with it. */
export function FileCard({ files, state, id, offererIsHere }: Props) {
  const { text, language } = useLanguage("session");
  const incoming = state.incoming.find((one) => one.id === id);
  const outgoing = state.outgoing.find((one) => one.id === id);
  const file = incoming ?? outgoing;
  if (!file) return null;
  return (
    <div className="filecard" data-stage={incoming?.stage.is ?? "own"}>
      <FileText className="i" aria-hidden />
      <div className="grow">
        <p className="name">{file.name}</p>
        <p className="sm q3">
          {[kindOf(file), sizeIn(file.size, language, text.session.files.units)]
            .filter((part) => part !== "")
            .join(", ")}
        </p>
        {incoming && <Coming text={text} file={incoming} offererIsHere={offererIsHere} />}
        {outgoing && <Going text={text} file={outgoing} />}
      </div>
      <div className="acts">
        {incoming && <ActsOf text={text} files={files} file={incoming} offererIsHere={offererIsHere} />}
        {outgoing && (
          <Button
            small
            aria-label={text.session.files.takeBackName(file.name)}
            onPress={() => files.takeBack(id)}
          >
            {text.session.files.takeBack}
          </Button>
        )}
      </div>
    </div>
  );
}

interface ComingProps {
  text: Words<"session">;
  file: Incoming;
  offererIsHere: boolean;
}

function Coming({ text, file: { stage, size, name }, offererIsHere }: ComingProps) {
  const words = text.session.files;
  if (stage.is === "coming")
    return <progress aria-label={words.coming(name)} max={Math.max(size, 1)} value={stage.got} />;
  if (stage.is === "here") return <p className="sm q2">{words.here}</p>;
  if (!offererIsHere) return <p className="sm q2">{words.offererLeft}</p>;
  return stage.is === "failed" ? <p className="sm bad">{words.broke}</p> : null;
}

function ActsOf({ text, files, file, offererIsHere }: ComingProps & { files: Files }) {
  const words = text.session.files;
  const { id, name, stage } = file;
  switch (stage.is) {
    case "coming":
      return (
        <Button small aria-label={words.stopName(name)} onPress={() => files.drop(id)}>
          {words.stop}
        </Button>
      );
    case "here":
      return (
        <>
          <Button small rank="primary" aria-label={words.saveName(name)} onPress={() => files.save(file)}>
            <Download className="i s" aria-hidden />
            {words.save}
          </Button>
          <Button small rank="ghost" aria-label={words.dropName(name)} onPress={() => files.drop(id)}>
            {words.drop}
          </Button>
        </>
      );
    default:
      return offererIsHere ? (
        <Button small aria-label={words.wantName(name)} onPress={() => files.want(id)}>
          {stage.is === "failed" ? text.app.retry : words.want}
        </Button>
      ) : null;
  }
}

function Going({ text, file: { takers, size, name } }: { text: Words<"session">; file: Outgoing }) {
  const words = text.session.files;
  const underWay = takers.filter(({ done }) => !done);
  const done = takers.length - underWay.length;
  const got = underWay.reduce((sum, taker) => sum + taker.got, 0);
  return (
    <>
      <p className="sm q2">{done === 0 ? words.offered : words.receivedBy(done)}</p>
      {underWay.length > 0 && (
        <progress
          aria-label={words.going(name, underWay.length)}
          max={Math.max(size, 1) * underWay.length}
          value={got}
        />
      )}
    </>
  );
}
