/** Content of an element: a list repeats its element, `undefined` leaves it out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | {readonly [name: string]: Xml}

export function xmlDocument(root: string, content: {readonly [name: string]: Xml}, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${children(content)}</${root}>`
}

function children(content: {readonly [name: string]: Xml}): string {
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join('')
}

function element(name: string, content: Xml): string {
  if (content === undefined) return ''
  if (isList(content)) return content.map((item) => element(name, item)).join('')
  const inner = typeof content === 'object' ? children(content) : escape(String(content))
  return `<${name}>${inner}</${name}>`
}

function isList(content: Xml): content is readonly Xml[] {
  return Array.isArray(content)
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
