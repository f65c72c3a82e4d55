import { Grid2x2, Rows2 } from "lucide-react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useText } from "../../i18n";

/** How the stage is arranged. */
export type Layout = "grid" | "table";

interface Props {
  chosen: Layout;
  onChoose: (layout: Layout) => void;
}

/** Grid or table, where there are two delegations. */
export function LayoutChoice({ chosen, onChoose }: Props) {
  const words = useText().meeting.table;
  const layouts = [
    { id: "grid", word: words.grid, icon: <Grid2x2 className="i s" aria-hidden /> },
    { id: "table", word: words.table, icon: <Rows2 className="i s" aria-hidden /> },
  ] as const;
  return (
    <ToggleButtonGroup
      className="seg"
      aria-label={words.arrangement}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={(keys) => onChoose(keys.has("grid") ? "grid" : "table")}
    >
      {layouts.map(({ id, word, icon }) => (
        <ToggleButton key={id} id={id}>
          {icon}
          {word}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
