//! What rooms of every kind share: meetings and the gatherings before them.

export { AudioSink } from "./AudioSink";
export { becauseOf, cameraConstraints, EVENTS_THAT_SHOW, optionsFor, type LostBecause } from "./room-options";
export { connectOptions } from "./route";
export { leaveWithPage } from "./with-page";
export { sendAsChosen, SparedRoom } from "./spared-room";
export { givenUp } from "./sparing";
export { Shown } from "./shown";
