import { Grid2x2, Presentation, Rows2 } from "lucide-react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useText } from "../../i18n";
import { layoutsFor, type Layout } from "./layout";

interface Props {
  chosen: Layout;
  hasTable: boolean;
  onChoose: (layout: Layout) => void;
}

const icons = {
  grid: <Grid2x2 className="i s" aria-hidden />,
  table: <Rows2 className="i s" aria-hidden />,
  speaker: <Presentation className="i s" aria-hidden />,
};

/** Grid, speaker, and the table where there are two delegations. */
export function LayoutChoice({ chosen, hasTable, onChoose }: Props) {
  const words = useText().meeting.table;
  return (
    <ToggleButtonGroup
      className="seg layouts"
      aria-label={words.arrangement}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={([next]) => {
        if (next !== undefined) onChoose(next as Layout);
      }}
    >
      {layoutsFor(hasTable).map((layout) => (
        <ToggleButton key={layout} id={layout}>
          {icons[layout]}
          <span>{words[layout]}</span>
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
