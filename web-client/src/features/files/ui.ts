//! What is seen of files; it comes when the messages are opened.

export { AttachKey } from "./AttachKey";
export { FileCard } from "./FileCard";
