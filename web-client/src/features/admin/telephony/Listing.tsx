import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../../ui";
import { Said } from "./shared";

/** Which thing of a page is open beside its table, `new` for one that is not there yet, and what was done last. */
export function useOpen() {
  const [open, setOpen] = useState<string>();
  const [said, setSaid] = useState("");
  const close = () => setOpen(undefined);
  const done = (what: string) => {
    setSaid(what);
    close();
  };
  return { open, show: setOpen, close, said, say: setSaid, done };
}

interface Props {
  /** What these things are for. */
  lede: string;
  /** The button that makes another one; `why` it cannot, if so. */
  add: { word: string; why?: string | undefined; onPress: () => void };
  said: string;
  side: ReactNode;
  children: ReactNode;
}

/** A page about things of one kind: a table, and beside it a card for the one that is open. */
export function Listing({ lede, add, said, side, children }: Props) {
  return (
    <>
      <div className="blockhead">
        <p className="q2">{lede}</p>
        <Button rank={side ? "plain" : "primary"} isDisabled={add.why !== undefined} onPress={add.onPress}>
          <Plus className="i s" aria-hidden />
          {add.word}
        </Button>
      </div>
      <Said>{add.why ?? said}</Said>
      <div className={side ? "beside" : "beside alone"}>
        {children}
        {side}
      </div>
    </>
  );
}
