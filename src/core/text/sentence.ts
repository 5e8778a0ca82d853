/** A text that ends with a full stop. */
export function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
