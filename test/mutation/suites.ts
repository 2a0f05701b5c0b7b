declare const suites: string[];

// The suites of a part as one: what takes the time is to load the service, which each would do anew.
for (const file of suites) await import(`../../${file}`);
