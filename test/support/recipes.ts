import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../docs/identity-providers/', import.meta.url);

/** A page of docs/identity-providers, which tests hold to what it says. */
export class Recipe {
  private readonly text: string;

  constructor(readonly name: string) {
    this.text = readFileSync(new URL(`${name}.md`, FOLDER), 'utf8');
  }

  static all(): Recipe[] {
    return readdirSync(FOLDER)
      .filter((file) => file.endsWith('.md') && file !== 'index.md')
      .map((file) => new Recipe(file.replace('.md', '')));
  }

  /** What its blocks of settings say, each by itself. */
  get settings(): Record<string, string>[] {
    return this.blocks('sh')
      .filter((block) => block.startsWith('AUTH_'))
      .map((block) => {
        const lines = [...block.matchAll(/^([A-Z_]+)=(\S+)$/gm)];
        return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
      });
  }

  get hook(): string {
    const [code, ...others] = this.blocks('js');
    if (!code || others.length > 0) throw new Error(`${this.name}: one hook is expected`);
    return code;
  }

  private blocks(language: string): string[] {
    const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms');
    return [...this.text.matchAll(fences)].map(([, block = '']) => block);
  }
}

export const reportSignIn = readFileSync(new URL('report-sign-in.js', FOLDER), 'utf8');
