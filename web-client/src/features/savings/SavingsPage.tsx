import { CircleCheck, CircleAlert, Download, FileUp } from "lucide-react";
import { useCallback, useState } from "react";
import {
  loadSavings,
  recordsFile,
  savingsFile,
  type SavingsPage as Page,
  type Sums,
} from "../../api/savings";
import { useLanguage } from "../../i18n";
import { Button, Choice, DataTable, FormError, Loading, useTitle } from "../../ui";
import { useLoaded } from "../../useLoaded";
import {
  amountOf,
  countOf,
  currencyWord,
  minutesOf,
  monthName,
  monthsBetween,
  monthWord,
} from "../../amounts";
import { Goal } from "./Goal";
import { Plot, usePlotUnit } from "./Plot";
import { Quality } from "./Quality";
import { TariffDialog } from "./TariffDialog";
import "./savings.css";

/** What calls would have cost by the old tariffs, less what they did. */
export function SavingsPage() {
  const { text, language } = useLanguage("savings");
  const words = text.savings;
  const [month, setMonth] = useState<string>();
  const [post, setPost] = useState<number>();
  const [importing, setImporting] = useState(false);
  const load = useCallback(() => loadSavings({ month, post }), [month, post]);
  const page = useLoaded(load);
  useTitle(words.title);

  const now = new Date().toISOString().slice(0, 7);
  const shown = page.value?.month ?? month ?? now;
  const first = page.value?.first_month ?? shown;
  const months = monthsBetween(first < shown ? first : shown, shown > now ? shown : now);
  return (
    <>
      <div className="head savingshead">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{words.lede}</p>
        </div>
        <div className="row savingstools">
          <Choice
            label={words.month}
            labelHidden
            options={months.map((each) => ({ id: each, word: capital(monthWord(each, language)) }))}
            chosen={shown}
            onChoose={setMonth}
          />
          <Choice
            label={words.post}
            labelHidden
            options={[
              { id: "", word: words.allPosts },
              ...(page.value?.all_posts ?? []).map(({ id, name }) => ({ id: String(id), word: name })),
            ]}
            chosen={post === undefined ? "" : String(post)}
            onChoose={(chosen) => setPost(chosen === "" ? undefined : Number(chosen))}
          />
          <a className="btn plain" href={savingsFile({ month: shown, post })} download>
            <Download className="i s" aria-hidden />
            CSV
          </a>
        </div>
      </div>
      <FormError>{page.error}</FormError>
      {page.value ? <Sheet page={page.value} /> : page.error === undefined && <Loading />}
      {page.value && (
        <Button className="bringtariffs" onPress={() => setImporting(true)}>
          <FileUp className="i s" aria-hidden />
          {words.tariffs.open}
        </Button>
      )}
      {importing && (
        <TariffDialog
          onClose={() => {
            setImporting(false);
            page.reload();
          }}
        />
      )}
    </>
  );
}

function Sheet({ page }: { page: Page }) {
  const { text, language } = useLanguage("savings");
  const words = text.savings;
  const currency = currencyWord(page.currency, language);
  const [asTable, setAsTable] = useState(false);
  const unit = usePlotUnit(page.months, page.decimals, currency);
  const amount = (minor: number) => amountOf(minor, page.decimals, language);
  const { total } = page;

  if (page.first_month === null && page.pending === 0) return <p className="q3 empty">{words.none}</p>;
  return (
    <>
      <section className="total" aria-label={monthWord(page.month, language)}>
        <div className="big">
          <p className="q2">{words.savedIn(monthName(page.month, language))}</p>
          <p className="n">
            {amount(total.saved)} <small>{currency}</small>
          </p>
          <p className="q2">
            {total.share === null ? (
              words.nothingRated
            ) : (
              <>
                <b className="pc">{`${total.share}\u00a0%`}</b> {words.less(page.goal.from, page.goal.to)}
              </>
            )}
          </p>
          {total.share !== null && <Goal share={total.share} goal={page.goal} />}
        </div>
        <dl>
          <div>
            <dt>{words.minutes}</dt>
            <dd>{minutesOf(total.talked, language)}</dd>
          </div>
          <div>
            <dt>{words.actual}</dt>
            <dd>{amount(total.actual)}</dd>
          </div>
          <div>
            <dt>{words.old}</dt>
            <dd>{amount(total.old)}</dd>
          </div>
        </dl>
      </section>

      <figure className="fig">
        <figcaption className="row">
          <h2 className="grow">
            {words.byMonth} <span className="sm q3">{unit}</span>
          </h2>
          <span className="key2 sm">
            <i className="k1" aria-hidden />
            {words.actual}
          </span>
          <span className="key2 sm">
            <i className="k2" aria-hidden />
            {words.saved}
          </span>
          <Button
            rank="ghost"
            small
            className="flush"
            aria-expanded={asTable}
            onPress={() => setAsTable(!asTable)}
          >
            {asTable ? words.asPlot : words.asTable}
          </Button>
        </figcaption>
        {asTable ? (
          <SumTable
            page={page}
            head={words.month}
            rows={page.months.map((each) => ({
              key: each.month,
              name: capital(monthWord(each.month, language)),
              sums: each,
            }))}
          />
        ) : (
          <div className="scrolls" tabIndex={0} role="group" aria-label={words.byMonth}>
            <Plot months={page.months} decimals={page.decimals} currency={currency} />
          </div>
        )}
      </figure>

      <section className="tb" aria-labelledby="by-post">
        <h2 id="by-post" className="hide">
          {words.byPost}
        </h2>
        <SumTable
          page={page}
          head={words.post}
          rows={page.posts.map((each) => ({ key: String(each.post), name: each.name, sums: each }))}
          foot={page.post === null ? words.posts(page.posts.length) : undefined}
        />
      </section>
      <Checked page={page} />

      {page.routes.length > 0 && (
        <section className="tb" aria-labelledby="by-route">
          <h2 id="by-route">{words.byRoute}</h2>
          <SumTable
            page={page}
            head={words.route}
            rows={page.routes.map((each) => ({
              key: `${each.post} ${each.to_post ?? ""} ${each.to_country}`,
              name: `${each.name} → ${each.to_post ?? country(each.to_country, language, words.elsewhere)}`,
              sums: each,
            }))}
          />
        </section>
      )}
      <p className="sm q2 rule">
        {words.rule}{" "}
        <a
          className="textlink"
          href={recordsFile({ month: page.month, post: page.post ?? undefined })}
          download
        >
          {words.records}
        </a>
      </p>
    </>
  );
}

interface Row {
  key: string;
  name: string;
  sums: Sums;
}

function SumTable({
  page,
  head,
  rows,
  foot,
}: {
  page: Page;
  head: string;
  rows: Row[];
  foot?: string | undefined;
}) {
  const { text, language } = useLanguage("savings");
  const words = text.savings;
  const currency = currencyWord(page.currency, language);
  const amount = (minor: number) => amountOf(minor, page.decimals, language);
  const cells = (sums: Sums) => (
    <>
      <td className="num">{minutesOf(sums.talked, language)}</td>
      <td className="num">{amount(sums.old)}</td>
      <td className="num">{amount(sums.actual)}</td>
      <td className="num b">{amount(sums.saved)}</td>
      <td className="num">{sums.share === null ? "–" : `${sums.share}\u00a0%`}</td>
      <td>
        <Quality sums={sums} />
      </td>
    </>
  );
  return (
    <DataTable label={head} className="sums">
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" className="num">
            {words.minutesHead}
          </th>
          <th scope="col" className="num">
            {words.oldHead}
          </th>
          <th scope="col" className="num">
            {words.actual}
          </th>
          <th scope="col" className="num">
            {`${words.saved}, ${currency}`}
          </th>
          <th scope="col" className="num">
            {words.share}
          </th>
          <th scope="col">{words.quality}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row" className="b">
              {row.name}
            </th>
            {cells(row.sums)}
          </tr>
        ))}
        {rows.length === 0 && (
          <tr>
            <td colSpan={7} className="q3">
              {words.noneInMonth}
            </td>
          </tr>
        )}
      </tbody>
      {foot !== undefined && rows.length > 0 && (
        <tfoot>
          <tr>
            <th scope="row">{foot}</th>
            {cells(page.total)}
          </tr>
        </tfoot>
      )}
    </DataTable>
  );
}

/** Whether the total agrees with the call records, and what is not in it. */
function Checked({ page }: { page: Page }) {
  const { text, language } = useLanguage("savings");
  const words = text.savings.check;
  const { check, pending, total } = page;
  const erased = check.call_records < check.rated_records;
  const good = pending === 0 && check.agrees;
  return (
    <div className="checked sm q2">
      <p className="row" role="status">
        {good ? <CircleCheck className="i s" aria-hidden /> : <CircleAlert className="i s" aria-hidden />}
        <span>
          {pending > 0
            ? words.pending(countOf(pending, language))
            : check.agrees
              ? words.agrees(countOf(check.call_records, language))
              : erased
                ? words.erased
                : words.differs(
                    countOf(check.rated_records, language),
                    countOf(check.call_records, language),
                  )}
        </span>
      </p>
      {total.unrated > 0 && (
        <p className="row">
          <CircleAlert className="i s" aria-hidden />
          {words.unrated(countOf(total.unrated, language))}
        </p>
      )}
    </div>
  );
}

function country(code: string, language: string, unknown: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return unknown;
  return new Intl.DisplayNames([language], { type: "region" }).of(code) ?? unknown;
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
