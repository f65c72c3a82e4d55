import { X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useText } from "../../../i18n";
import { Button } from "../../../ui";

interface Props {
  /** What kind of thing it is about, above its name. */
  kind: string;
  title: string;
  /** Whose it is, below its name. */
  subtitle?: string;
  onClose: () => void;
  children: ReactNode;
}

/** The card beside a table. Whoever opens it is taken there, and back to where they were when it closes. */
export function Side({ kind, title, subtitle, onClose, children }: Props) {
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  return (
    <section
      className="card side"
      aria-label={[kind, title, subtitle].filter((part) => part !== undefined).join(" ")}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <header>
        <div>
          <p className="sm q3">{kind}</p>
          <h2 className="no" ref={heading} tabIndex={-1}>
            {title}
          </h2>
          {subtitle !== undefined && <p className="b">{subtitle}</p>}
        </div>
        <Button rank="ghost" small className="icon" aria-label={text.app.close} onPress={onClose}>
          <X className="i" aria-hidden />
        </Button>
      </header>
      <div className="body">{children}</div>
    </section>
  );
}
