/** Equal for texts that differ only in case or in Unicode's compatibility forms. */
export const caseFolded = (text: string) =>
  // The last letter of a Greek word has a form of its own, in lower case only.
  text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
