/** The package's own folder: two levels up from src/adapters, and from dist/chunks. */
export const PACKAGE_FOLDER = new URL('../../', import.meta.url)
