import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

interface Props {
  title: string;
  help: string;
  /** Holds a table or a list. */
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Paper above the page: what it is for, what is to be filled in, and what may be done. */
export function Sheet({ title, help, wide = false, onClose, children }: Props) {
  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={wide ? "dialog wide" : "dialog"}>
        <Dialog>
          <div className="stack">
            <div>
              <Heading slot="title">{title}</Heading>
              <p className="lede">{help}</p>
            </div>
            {children}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
