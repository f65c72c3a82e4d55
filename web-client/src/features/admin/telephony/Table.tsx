import type { ReactNode } from "react";
import { useText } from "../../../i18n";
import { Button, DataTable } from "../../../ui";

/** What stands in one column: its head and how a thing is shown in it. */
export interface Column<Item> {
  head: string;
  cell: (item: Item) => ReactNode;
  /** `main` is read first, `number` stands to the right. */
  rank?: "main" | "number";
}

interface Props<Item> {
  /** What its things are. */
  label: string;
  items: readonly Item[];
  /** What tells one from the others. */
  keyOf: (item: Item) => string;
  columns: readonly Column<Item>[];
  /** The key of the one that is open beside the table. */
  open?: string | undefined;
  /** With this the first column holds buttons that open. */
  onOpen?: (item: Item) => void;
  /** What the opening button is called, if its column does not say it. */
  nameOf?: (item: Item) => string;
  /** What can be done with one, at the end of its line. */
  action?: RowAction<Item>;
  /** The sentence instead of lines. */
  none: string;
  /** What stands below, in the same card. */
  below?: ReactNode;
}

interface RowAction<Item> {
  word: string;
  /** The same word, saying with what. */
  nameOf: (item: Item) => string;
  onPress: (item: Item) => void;
}

/** Things of one kind, a line for each. */
export function Table<Item>(props: Props<Item>) {
  const { label, items, keyOf, columns, open, onOpen, nameOf, action, none, below } = props;
  const text = useText("telephony");
  if (items.length === 0)
    return (
      <div className="card scrolls" role="group" aria-label={label}>
        <p className="nothing q2">{none}</p>
      </div>
    );

  return (
    <DataTable label={label} below={below}>
      <thead>
        <tr>
          {columns.map(({ head, rank }) => (
            <th key={head} scope="col" className={rank === "number" ? "num" : undefined}>
              {head}
            </th>
          ))}
          {action && (
            <th scope="col">
              <span className="hide">{text.telephony.actions}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={keyOf(item)} aria-selected={onOpen && keyOf(item) === open}>
            {columns.map(({ head, cell, rank }, at) =>
              at === 0 && onOpen ? (
                <td key={head}>
                  <button className="open" aria-label={nameOf?.(item)} onClick={() => onOpen(item)}>
                    {cell(item)}
                  </button>
                </td>
              ) : (
                <td key={head} className={looks[rank ?? "plain"]}>
                  {cell(item)}
                </td>
              ),
            )}
            {action && (
              <td className="num">
                <Button
                  rank="ghost"
                  small
                  aria-label={action.nameOf(item)}
                  onPress={() => action.onPress(item)}
                >
                  {action.word}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

const looks = { main: "b", number: "q2 num", plain: "q2" };
