import { useEffect, useState, useSyncExternalStore } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { DeviceLines, Picture, Preview } from "../prejoin";

/** Microphone, camera and sound once more, while one waits. The devices are closed again with it. */
export function DeviceCheck({ onClose }: { onClose: () => void }) {
  const words = useText("lobby").lobby;
  const [preview, setPreview] = useState<Preview>();

  useEffect(() => {
    const opened = new Preview();
    setPreview(opened);
    opened.handle({ on: "started" });
    return () => opened.close();
  }, []);

  return (
    <ModalOverlay className="veil" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="dialog devicecheck">
        <Dialog>
          <Heading slot="title">{words.checkTitle}</Heading>
          <p className="lede">{words.checkHelp}</p>
          {preview && <Opened preview={preview} />}
          <div className="actions">
            <Button rank="primary" autoFocus onPress={onClose}>
              {words.done}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Opened({ preview }: { preview: Preview }) {
  const { camera, background } = useSyncExternalStore(preview.subscribe, preview.current);
  return (
    <>
      <Picture camera={camera} background={background} track={preview.track("camera")} />
      <DeviceLines preview={preview} />
    </>
  );
}
