import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useText } from "../i18n";
import { Button } from "./Button";

export interface Question {
  title: string;
  help: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** The question and its two answers. */
export function ConfirmDialog({ title, help, action, onConfirm, onClose }: Question) {
  const text = useText();
  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="dialog">
        <Dialog role="alertdialog">
          <Heading slot="title">{title}</Heading>
          <p className="lede">{help}</p>
          <div className="actions">
            <Button autoFocus onPress={onClose}>
              {text.app.cancel}
            </Button>
            <Button
              rank="danger"
              onPress={() => {
                onConfirm();
                onClose();
              }}
            >
              {action}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
