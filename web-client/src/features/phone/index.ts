export { CallCards } from "./CallCards";
export { PhoneProvider, usePhone, useTelephone } from "./PhoneProvider";
export { PresenceWord } from "./PresenceWord";
export { alerts, elsewhere, failed, held, ringing } from "./phone-state";
export { recallRingDevice, rememberRingDevice } from "./ring-device";
export { hourAt, hourOf, isLate, spanOf } from "./time";
export { useNow } from "./useNow";
export { failureOf, nameOf, stateOf, whereOf } from "./words";
