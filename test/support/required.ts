/** What this run may not go without: "go", "python", "debian", as PLUGFEST_REQUIRE lists them. */
const required = (process.env['PLUGFEST_REQUIRE'] ?? '').split(',').map((word) => word.trim());

export const isRequired = (word: string): boolean => required.includes(word);
