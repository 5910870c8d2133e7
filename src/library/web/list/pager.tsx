import type { VNode } from 'preact';
import type { Ioc, Page } from '../api.js';
import { changed, PAGE_SIZES, type ListQuery } from '../logic/query.js';
import { number } from '../logic/words.js';
import { Button } from '../parts/button.js';
import { Select } from '../parts/field.js';
import { query } from '../state/iocs.js';

interface PagerProps {
  readonly page: Page<Ioc>;
  readonly change: (next: ListQuery) => void;
}

/** Where in the list one is, and the way to any other page. */
export function Pager({ page, change }: PagerProps): VNode {
  const now = query.value;
  const last = Math.max(1, Math.ceil(page.total / page.pageSize));
  const first = (page.page - 1) * page.pageSize + 1;
  const go = (to: number): void => {
    change(changed(now, { page: Math.min(last, Math.max(1, to)) }));
  };
  return (
    <nav class="pager" aria-label="Pages">
      <p class="pager-range" role="status">
        {number(first)}–{number(Math.min(page.total, page.page * page.pageSize))} of {number(page.total)}
      </p>
      <div class="pager-size">
        <Select
          label="Rows per page"
          labelHidden
          value={String(now.pageSize)}
          options={PAGE_SIZES.map((one) => ({ value: String(one), text: `${one} rows` }))}
          onChange={(value) => {
            change(changed(now, { pageSize: Number(value) }));
          }}
        />
      </div>
      <Button
        icon="left"
        disabled={page.page <= 1}
        onClick={() => {
          go(page.page - 1);
        }}
      >
        Previous
      </Button>
      <span class="pager-page">
        <input
          aria-label="Page"
          inputMode="numeric"
          size={Math.max(2, String(last).length)}
          value={String(page.page)}
          onChange={(event) => {
            const to = Number(event.currentTarget.value);
            if (Number.isInteger(to)) go(to);
            else event.currentTarget.value = String(page.page);
          }}
        />
        of {number(last)}
      </span>
      <Button
        icon="right"
        disabled={page.page >= last}
        onClick={() => {
          go(page.page + 1);
        }}
      >
        Next
      </Button>
    </nav>
  );
}
