//! What popovers are made of; `PopoverButton` brings it when the first one opens.

import { createContext, use, type ReactNode, type RefObject } from "react";
import { Menu as AriaMenu, Popover, type MenuProps, type PopoverProps } from "react-aria-components";

export { Dialog, Header, MenuItem, MenuSection } from "react-aria-components";

const Close = createContext<() => void>(() => undefined);

interface FloatingProps {
  trigger: RefObject<Element | null>;
  /** The id of what names it: the button. */
  labelledBy: string;
  className: string;
  placement: PopoverProps["placement"];
  onClose: () => void;
  children: ReactNode;
}

/** Floats beside its button until something is chosen, or one presses elsewhere. */
export function Floating({ trigger, labelledBy, className, placement, onClose, children }: FloatingProps) {
  return (
    <Popover
      className={className}
      triggerRef={trigger}
      aria-labelledby={labelledBy}
      {...(placement && { placement })}
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Close value={onClose}>{children}</Close>
    </Popover>
  );
}

/** A menu in it. */
export function Menu<T extends object>(props: MenuProps<T>) {
  return <AriaMenu autoFocus="first" onClose={use(Close)} {...props} />;
}
