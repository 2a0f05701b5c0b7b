import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiDocument } from '../support/api-document.js';
import { findChromium } from '../support/chromium.js';
import { until } from '../support/receiver.js';
import { Place } from '../support/service.js';
import { SwaggerUi } from '../support/swagger-ui.js';

const chromium = findChromium();
const inBrowser = chromium ? describe : describe.skip;

/** Of each operation, by its id: the statuses of success that the document has. */
const successes = new Map(
  Object.values<any>(apiDocument().paths)
    .flatMap((path) => Object.values<any>(path))
    .map(({ operationId, responses }) => [
      operationId as string,
      Object.keys(responses).filter((status) => status.startsWith('2')),
    ]),
);
const isOfOperators = (operationId: string) => /Tenants?$/.test(operationId);

/** Of the hook that was made last. */
async function hasDelivery(token: string): Promise<boolean> {
  const of = async (path: string) =>
    (await (await place.send(token, 'GET', path)).json()) as { id: string }[];
  const [hook] = await of('/hooks');
  return hook !== undefined && (await of(`/hooks/${hook.id}/deliveries`)).length > 0;
}

let place: Place;
let ui: SwaggerUi;

inBrowser(
  `Swagger UI${chromium ? '' : ': there is no Chromium here, CHROME_PATH names one'}`,
  () => {
    beforeAll(async () => {
      place = await Place.find();
      await place.start();
      ui = await SwaggerUi.open(chromium ?? '', `http://localhost:${place.port}/`);
    });
    afterAll(async () => {
      await ui.close();
      await place.stopAll();
      place.remove();
    });

    it('is what the first address of the start leads to, without what only operators may', async () => {
      expect(ui.page.url()).toBe(`http://localhost:${place.port}/docs`);
      const shown = await ui.operationIds();
      const expected = [...successes.keys()].filter((id) => !isOfOperators(id));
      expect(shown.toSorted()).toEqual(expected.sort());
      expect(await ui.page.locator('.swagger-ui').textContent()).not.toMatch(/operator token/i);
    });

    it('has a button that fills in tokens, which are there after a reload', async () => {
      await ui.page.locator('.btn.tokens').click();
      await ui.page.getByText('Tokens are filled in').waitFor();
      await ui.page.reload();
      await ui.page.locator('.btn.authorize.locked').waitFor();
      expect(await ui.execute('getProfile')).toBe('200');
    });

    it.each([
      ['getHook', 'GET /api/hooks or POST /api/hooks'],
      ['deleteUser', 'POST /api/users'],
    ])('says in %s, until there is an id, what gives one: %s', async (id, givers) => {
      const block = ui.operation(id);
      await block.locator('.opblock-summary-control').click();
      await block.getByText(`Filled in by ${givers}: execute that first.`).waitFor();
      expect(await block.locator('.parameters input').first().inputValue()).toBe('');
      await block.locator('.opblock-summary-control').click();
    });

    it.each(['first', 'second'])(
      'answers every operation from top to bottom with success, the %s time',
      async () => {
        const answers: Record<string, string> = {};
        const token = place.token(['management']).stdout.trim();
        for (const id of await ui.operationIds()) {
          answers[id] = await ui.execute(id);
          // What can be replayed is there once something was delivered.
          if (id === 'replayHook') await until(() => hasDelivery(token));
        }
        const failed = Object.entries(answers).filter(
          ([id, status]) => !successes.get(id)?.includes(status),
        );
        expect(Object.fromEntries(failed)).toEqual({});
      },
    );

    it('shows the errors of an operation in one line, and all of them when asked', async () => {
      const block = ui.operation('createUser');
      await block.locator('.opblock-summary-control').click();
      const documented = block.locator('tr.response[data-code]');
      expect(await documented.count()).toBe(1);
      await block.locator('.btn.errors').click();
      const { responses } = apiDocument().paths['/api/users'].post;
      expect(await documented.count()).toBe(Object.keys(responses as object).length);
      await block.locator('.opblock-summary-control').click();
    });

    it('shows what a stream of events has sent within some seconds', async () => {
      const block = ui.operation('listEvents');
      await block.locator('.opblock-summary-control').click();
      const accept = block.locator('.response-control-media-type select');
      await accept.selectOption('text/event-stream');
      const clear = block.locator('.btn-clear');
      if (await clear.count()) await clear.click();
      await block.locator('.btn.execute').click();
      const shown = block.locator('.live-responses-table tbody');
      await expect(shown.textContent({ timeout: 10_000 })).resolves.toMatch(
        /200.*Swagger UI ends/s,
      );
      expect(await shown.textContent()).toMatch(/id: \d+.*data: \{"specversion"/s);
      await accept.selectOption('application/cloudevents-batch+json');
      await block.locator('.opblock-summary-control').click();
    });

    it('shows what receivers of webhooks are sent', async () => {
      const blocks = ui.page.locator('.webhooks .opblock');
      expect(await blocks.count()).toBe(3);
      for (const block of await blocks.all()) {
        await block.locator('.opblock-summary-control').click();
        await block.getByText('webhook-signature').first().waitFor();
      }
      expect(await ui.page.getByText('Could not render').count()).toBe(0);
    });

    it('has no fault in its script', () => {
      expect(ui.faults).toEqual([]);
    });
  },
);
