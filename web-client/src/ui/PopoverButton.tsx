import { useId, useRef, useState, type ReactNode } from "react";
import { Button, type PopoverProps } from "react-aria-components";

/** What a popover is made of. */
export type PopoverParts = typeof import("./popover-parts");

interface Props {
  className: string;
  id?: string;
  "aria-label"?: string;
  opens?: "menu" | "dialog";
  placement: PopoverProps["placement"];
  popoverClass?: string;
  onOpenChange?: (open: boolean) => void;
  /** The content, made of the parts that have come. */
  content: (parts: PopoverParts) => ReactNode;
  children: ReactNode;
}

/** A button with a popover that comes over the line when one reaches for it: nobody waits for menus before they are there. */
export function PopoverButton({
  opens = "menu",
  placement,
  popoverClass = "popover",
  onOpenChange,
  content,
  children,
  ...button
}: Props) {
  const ownId = useId();
  const id = button.id ?? ownId;
  const trigger = useRef<HTMLButtonElement>(null);
  const [parts, setParts] = useState<PopoverParts>();
  const [open, setOpen] = useState(false);

  // Should they not come now, the next press asks again.
  const bring = () => {
    import("./popover-parts").then(setParts, () => undefined);
  };
  const turn = (on: boolean) => {
    if (on) bring();
    setOpen(on);
    onOpenChange?.(on);
  };

  return (
    <>
      <Button
        {...button}
        id={id}
        ref={trigger}
        aria-haspopup={opens}
        aria-expanded={open}
        onHoverStart={bring}
        onFocus={bring}
        onPress={() => turn(!open)}
        onKeyDown={(event) => {
          if (opens === "menu" && (event.key === "ArrowDown" || event.key === "ArrowUp")) turn(true);
          else event.continuePropagation();
        }}
      >
        {children}
      </Button>
      {open && parts && (
        <parts.Floating
          trigger={trigger}
          labelledBy={id}
          className={popoverClass}
          placement={placement}
          onClose={() => turn(false)}
        >
          {content(parts)}
        </parts.Floating>
      )}
    </>
  );
}
