import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useText } from "../i18n";
import { Button } from "./Button";

interface Props {
  title: string;
  help: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once before something ends for others or for good. */
export function Confirm({ title, help, action, onConfirm, onClose }: Props) {
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
