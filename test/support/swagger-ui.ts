import { chromium, type Browser, type Page } from 'playwright-core';

/** Milliseconds; a delivery that a test of a hook tries may take the ten seconds that deliveries have. */
const ANSWER_MS = 15_000;

/** Swagger UI in a browser without a window. */
export class SwaggerUi {
  readonly faults: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async open(executablePath: string, url: string): Promise<SwaggerUi> {
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });
    const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
    const ui = new SwaggerUi(browser, page);
    page.on('pageerror', (error) => ui.faults.push(String(error)));
    await page.goto(url);
    await page.waitForSelector('.opblock');
    return ui;
  }

  /** In the order in which they are shown. */
  operationIds(): Promise<string[]> {
    return this.page
      .locator('.opblock-tag-section .opblock')
      .evaluateAll((blocks) => blocks.map(({ id }) => id.split('-').at(-1) ?? ''));
  }

  operation(operationId: string) {
    return this.page.locator(`.opblock[id$="-${operationId}"]`);
  }

  /** Opens it, presses Execute, and closes it. @returns the status that is shown, or what went wrong */
  async execute(operationId: string): Promise<string> {
    const block = this.operation(operationId);
    const summary = block.locator('.opblock-summary-control');
    // Events, in place of a mouse that waits until everything stands still.
    await summary.dispatchEvent('click');
    const execute = block.locator('.btn.execute');
    const clear = block.locator('.btn-clear');
    await execute.waitFor({ state: 'attached' });
    // Before its references are resolved, Swagger UI does not find the operation that it shows.
    await block.locator('.opblock-loading-animation').waitFor({ state: 'detached' });
    if (await clear.count()) await clear.dispatchEvent('click');
    await execute.dispatchEvent('click');
    const status = block.locator('.live-responses-table tbody .response-col_status').first();
    const shown = await status.textContent({ timeout: ANSWER_MS }).catch(() => 'no answer');
    await summary.dispatchEvent('click');
    return shown?.match(/\d{3}/)?.[0] ?? shown ?? '';
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
