/** A text in the catalogue: plain, or one form per plural category, chosen by the parameter `count`. */
export type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Parameters = Readonly<Record<string, string | number>>;

/**
 * Makes the function that looks texts up in `catalogue`, with `{name}` replaced by the parameter of that name.
 * Plural forms follow `locale`; a form that is missing falls back to `other`. A key that the catalogue does not have,
 * such as a word of a newer server, is shown as it is: one odd word is better than a page that stops.
 */
export function translator<Key extends string>(catalogue: Readonly<Record<Key, Text>>, locale: string) {
  const plurals = new Intl.PluralRules(locale);
  return (key: Key, parameters: Parameters = {}): string => {
    const text: Text = catalogue[key] ?? key;
    const form =
      typeof text === "string" ? text : (text[plurals.select(Number(parameters["count"]))] ?? text.other ?? key);
    return form.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
  };
}
