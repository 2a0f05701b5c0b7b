import { domainToASCII } from 'node:url';
import { caseFolded } from './case-folded.js';

/** A domain of an internationalised name, without anything that a URL would read otherwise. */
const INTERNATIONAL = /^(?=.*[\u0080-\u{10ffff}])[a-z0-9.\-\u0080-\u{10ffff}]+$/u;

/** Its ASCII form (RFC 5890): at least one label is an A-label. */
const ASCII = /^(?=(.*\.)?xn--)[a-z0-9.-]+$/;

/**
 * Equal for e-mail addresses that are the same one: without regard to case and Unicode's compatibility
 * forms, the domain in its ASCII form (`bücher.example` = `xn--bcher-kva.example`).
 */
export function emailKey(email: string): string {
  const folded = caseFolded(email);
  const start = folded.lastIndexOf('@') + 1;
  const domain = folded.slice(start);
  if (!INTERNATIONAL.test(domain)) return folded;
  const ascii = domainToASCII(domain);
  return ASCII.test(ascii) ? folded.slice(0, start) + ascii : folded;
}
