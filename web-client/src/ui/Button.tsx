import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";

/** How much a button weighs: one `primary` a screen; `danger` ends something for others or for good. */
export type Rank = "primary" | "plain" | "ghost" | "danger";

interface Props extends Omit<ButtonProps, "children" | "className"> {
  rank?: Rank;
  small?: boolean;
  className?: string;
  children: ReactNode;
}

/** A button says a verb and its object. */
export function Button({ rank = "plain", small = false, className = "", ...rest }: Props) {
  return <AriaButton {...rest} className={`btn ${rank} ${small ? "small" : ""} ${className}`} />;
}
