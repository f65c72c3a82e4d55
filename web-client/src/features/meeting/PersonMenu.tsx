import { EllipsisVertical } from "lucide-react";
import {
  Button as AriaButton,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
} from "react-aria-components";
import { useText } from "../../i18n";
import { seatRoles } from "../../api/seat-roles";
import type { MeetingSession } from "./session";
import type { Person } from "./view";

interface Props {
  person: Person;
  session: MeetingSession;
  /** Whether the floor may be given to them. */
  mayGive: boolean;
  onRemove: () => void;
}

/** What whoever runs the meeting does with somebody: the floor, the microphone, the role, the door. */
export function PersonMenu({ person, session, mayGive, onRemove }: Props) {
  const text = useText();
  const { orders } = session;
  return (
    <MenuTrigger>
      <AriaButton className="btn small ghost icon" aria-label={text.meeting.actionsFor(person.name)}>
        <EllipsisVertical className="i" aria-hidden />
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" disabledKeys={person.microphoneOpen ? [] : ["mute"]}>
          <MenuSection aria-label={text.meeting.actionsFor(person.name)}>
            {mayGive && (
              <MenuItem id="give" className="option" onAction={() => void orders.give(person.identity)}>
                {text.floor.giveAction}
              </MenuItem>
            )}
            <MenuItem id="mute" className="option" onAction={() => void orders.mute(person.identity)}>
              {text.meeting.mute}
            </MenuItem>
            <MenuItem id="remove" className="option danger" onAction={onRemove}>
              {text.meeting.remove}
            </MenuItem>
          </MenuSection>
          {!person.phone && (
            <MenuSection
              selectionMode="single"
              disallowEmptySelection
              selectedKeys={[person.seatRole ?? "delegate"]}
              onSelectionChange={(keys) => {
                const role = seatRoles.find((one) => keys !== "all" && keys.has(one));
                if (role !== undefined && role !== person.seatRole) void orders.assign(person.identity, role);
              }}
            >
              <Header className="caps">{text.floor.role}</Header>
              {seatRoles.map((role) => (
                <MenuItem key={role} id={role} className="option">
                  <span className="radio" />
                  <span className="grow">{text.floor.roles[role]}</span>
                </MenuItem>
              ))}
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
