import { Paperclip } from "lucide-react";
import { FileTrigger } from "react-aria-components";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import type { Files } from "./files";
import type { FilesState } from "./files-machine";

interface Props {
  files: Files;
  state: FilesState;
  /** The identity of the one person it is for. */
  to: string | undefined;
  isDisabled: boolean;
}

/** Offers a file, and says why not. */
export function AttachKey({ files, state, to, isDisabled }: Props) {
  const words = useText("session").session.files;
  return (
    <div className="attach">
      <FileTrigger
        onSelect={(chosen) => {
          const file = chosen?.item(0);
          if (file) files.offer(file, to);
        }}
      >
        <Button small rank="ghost" className="flushleft" isDisabled={isDisabled}>
          <Paperclip className="i s" aria-hidden />
          {words.attach}
        </Button>
      </FileTrigger>
      <span className="sm q3">{words.attachHelp}</span>
      <p role="alert" className="error">
        {state.refusal === undefined ? "" : words.refusals[state.refusal]}
      </p>
    </div>
  );
}
