import { X } from "lucide-react";
import { Suspense, useEffect, useRef, type ReactNode } from "react";
import { useText } from "../../i18n";
import { Button, Loading } from "../../ui";

interface Props {
  title: string;
  /** The id of the key that opened it; focus goes back there. */
  opener: string;
  onClose: () => void;
  children: ReactNode;
}

/** Paper laid beside the table; a full sheet on phones. */
export function Panel({ title, opener, onClose, children }: Props) {
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    heading.current?.focus();
    return () => document.getElementById(opener)?.focus();
  }, [opener]);

  return (
    <aside
      className="paper"
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <Button rank="ghost" small className="icon" aria-label={text.meeting.closePanel} onPress={onClose}>
          <X className="i" aria-hidden />
        </Button>
      </header>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </aside>
  );
}
