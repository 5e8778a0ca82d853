export function compile(module: string): Promise<string>
